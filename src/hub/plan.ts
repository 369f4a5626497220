/**
 * What a pull will do: which files of a repository, where to, and what of them is there already.
 */
import { basename, resolve } from 'node:path';
import { isThere } from '../checkpoint/file.ts';
import { HubError } from '../errors.ts';
import type { HubAccess } from './access.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { checkFolders, inTheWay, partOf, placeOf, sizeAt, usualFolder } from './place.ts';
import { openRepo, parseRepoName, type Repo, type RepoFile, readRepoJson } from './repo.ts';
import type { RetryOptions } from './retry.ts';
import { keyFileOf, preferredTo, selectFiles, type Wanted } from './select.ts';

export interface PullRequest extends Wanted {
  /** `org/name` or `org/name@revision`. */
  readonly name: string;
  /** `models/<last part of the name>` in the current folder by default. */
  readonly folder?: string;
  /** Only this file of the repository, whatever it is. */
  readonly file?: string;
}

export interface PlannedFile extends RepoFile {
  /** Absolute. */
  readonly destination: string;
  /** Bytes that seem to be there: all of them, which is yet to be checked, or those of an earlier pull that stopped. */
  readonly present: number;
  /** Whether what is there may be replaced: nothing, or what an earlier pull wrote. */
  readonly ours: boolean;
}

export interface PullPlan {
  readonly repo: Repo;
  readonly folder: string;
  /** In the order of fetching; what says that the model is complete is the last. */
  readonly files: readonly PlannedFile[];
  readonly previous?: Manifest;
}

/**
 * Asks the Hub and looks into the folder; writes nothing. Throws HubError if the model cannot be had, is of another kind, or
 * if files that are not ours are where it should go.
 */
export async function planPull(
  access: HubAccess,
  request: PullRequest,
  retries: RetryOptions = {},
): Promise<PullPlan> {
  const name = parseRepoName(request.name);
  const folder = resolve(request.folder ?? usualFolder(name.id));
  const repo = await openRepo(access, name, retries);
  const selected = await selection(repo, request);
  const previous = await readManifest(folder);
  if (previous !== undefined && previous.repo !== repo.id) {
    throw inTheWay(folder, `it holds ${previous.repo}`);
  }
  const files: PlannedFile[] = [];
  for (const file of selected) files.push(await planned(folder, file, previous));
  if (request.file === undefined) await checkPreferred(folder, selected);
  return { repo, folder, files, ...(previous === undefined ? {} : { previous }) };
}

async function selection(repo: Repo, { file, ...wanted }: PullRequest): Promise<RepoFile[]> {
  const { id, files } = repo;
  if (file === undefined) {
    const key = keyFileOf(id, files);
    return selectFiles(id, files, key, await readRepoJson(repo, key), wanted);
  }
  const found = files.find(({ path }) => path === file);
  if (found) return [found];
  throw new HubError(
    'no-file',
    `${id} has no file ${file}.`,
    `See ${repo.client.endpoint}/${id}/tree/${repo.revision}.`,
    { subject: file },
  );
}

async function planned(folder: string, file: RepoFile, previous: Manifest | undefined): Promise<PlannedFile> {
  const destination = placeOf(folder, file.path);
  await checkFolders(folder, destination);
  const whole = await sizeAt(destination);
  const ours = whole === undefined || Object.hasOwn(previous?.files ?? {}, file.path);
  if (whole !== undefined && whole !== file.size && !ours) throw notOurs(destination);
  const part = (await sizeAt(partOf(destination, file.checksum))) ?? 0;
  const present = whole === file.size ? whole : Math.min(part, file.size);
  return { ...file, destination, present, ours };
}

export function notOurs(path: string): HubError {
  return inTheWay(path, 'its content is not that of the Hub, and no earlier pull wrote it');
}

/** Weights that are read before the ones that are fetched would make these useless. */
async function checkPreferred(folder: string, selected: readonly RepoFile[]): Promise<void> {
  for (const { path } of selected) {
    for (const other of preferredTo(path).map((name) => placeOf(folder, name))) {
      if (await isThere(other)) throw inTheWay(other, `it would be read instead of ${basename(path)}`);
    }
  }
}
