/**
 * What a model repository of the Hub holds at one commit: names, sizes and checksums. Knows no model.
 */
import { z } from 'zod';
import { shownText } from '../checkpoint/shown.ts';
import { HubError, KsdError } from '../errors.ts';
import type { HubAccess } from './access.ts';
import { type HubClient, hubClient } from './client.ts';
import { unintelligible } from './failures.ts';
import type { RetryOptions } from './retry.ts';

/** What the bytes of a file must hash to: large files go by their SHA-256, small ones by the SHA-1 of their git blob. */
export interface Checksum {
  readonly algorithm: 'sha256' | 'git-sha1';
  /** Lower-case hexadecimal. */
  readonly digest: string;
}

export interface RepoFile {
  /** With slashes, as the server names it: not to be trusted. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  readonly checksum: Checksum;
}

export interface Repo {
  readonly client: HubClient;
  /** `org/name`. */
  readonly id: string;
  /** As it was asked for: a branch, a tag or a commit. */
  readonly revision: string;
  /** The commit that it meant when the repository was opened; everything is read at it. */
  readonly commit: string;
  readonly files: readonly RepoFile[];
}

export interface RepoName {
  readonly id: string;
  readonly revision: string;
}

/** `org/name` or `org/name@revision`, `main` by default. Throws HubError for anything else. */
export function parseRepoName(text: string): RepoName {
  const match = /^(\w[\w.-]*(?:\/\w[\w.-]*)?)(?:@([^\s\p{Cc}]+))?$/u.exec(text);
  if (match) return { id: match[1]!, revision: match[2] ?? 'main' };
  throw new HubError(
    'address',
    `${shownText(text)} is no name of a model on the Hub.`,
    'Give it as on its page, such as CompVis/stable-diffusion-v1-4, with @revision behind it for another than main.',
    { subject: shownText(text) },
  );
}

const sha1 = z.string().regex(/^[0-9a-f]{40}$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const size = z.int().nonnegative();

const entrySchema = z.object({
  path: z.string(),
  size,
  oid: sha1,
  lfs: z.object({ oid: sha256, size }).optional(),
});

/** Lists a repository. Throws HubError if there is none, if it may not be read, or if the Hub cannot be reached. */
export async function openRepo(access: HubAccess, name: RepoName, retries: RetryOptions = {}): Promise<Repo> {
  // Loaded here, since other commands read manifests and have no use for it.
  const { listFiles, modelInfo } = await import('@huggingface/hub');
  const client = hubClient(access, name, retries);
  // The library builds the addresses and follows the pages of a list; our client brings the token and says what failed.
  const options = {
    hubUrl: access.endpoint,
    fetch: (url: RequestInfo | URL) => client.get(String(url)),
  };
  try {
    const info = await modelInfo({
      name: name.id,
      revision: name.revision,
      additionalFields: ['sha'],
      ...options,
    });
    const commit = sha1.parse(info.sha);
    const files: RepoFile[] = [];
    const repo = { type: 'model', name: name.id } as const;
    for await (const entry of listFiles({ repo, revision: commit, recursive: true, ...options })) {
      if (entry.type === 'file') files.push(repoFile(entrySchema.parse(entry)));
    }
    return { client, ...name, commit, files };
  } catch (error) {
    retries.signal?.throwIfAborted();
    if (error instanceof KsdError) throw error;
    throw unintelligible(access.endpoint, 'the list of files is not what it should be', error);
  }
}

function repoFile({ path, size, oid, lfs }: z.infer<typeof entrySchema>): RepoFile {
  return lfs
    ? { path, size: lfs.size, checksum: { algorithm: 'sha256', digest: lfs.oid } }
    : { path, size, checksum: { algorithm: 'git-sha1', digest: oid } };
}

/** Where a file of the repository is downloaded from. */
export function downloadUrl({ client, id, commit }: Repo, path: string): string {
  return `${client.endpoint}/${id}/resolve/${commit}/${path.split('/').map(encodeURIComponent).join('/')}`;
}

const mostText = 2 ** 20;

/** The JSON object in a small file of the repository. Throws HubError if it holds anything else. */
export async function readRepoJson(repo: Repo, path: string): Promise<Readonly<Record<string, unknown>>> {
  const url = downloadUrl(repo, path);
  const file = repo.files.find((one) => one.path === path);
  if (file === undefined || file.size > mostText) throw unintelligible(url, `${path} is too large`);
  const text = await (await repo.client.get(url)).text();
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch (cause) {
    throw unintelligible(url, `${path} is no JSON object`, cause);
  }
}
