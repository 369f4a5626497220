/**
 * What the tests of pulling share: the packaged models as repositories, folders that vanish, pulls that do not wait. Nothing
 * but tests may import this.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { HubError } from '../../errors.ts';
import { type PullRequest, planPull } from '../plan.ts';
import { type PullEvent, pull } from '../pull.ts';
import type { RetryOptions } from '../retry.ts';
import { filesBelow, type HubServer, hubServer, type Served, sha256 } from './hubServer.ts';

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ksd-hub-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Weights of other frameworks and what else a repository holds that nobody here reads. */
const clutter: readonly Served[] = [
  'README.md',
  '.gitattributes',
  'unet/diffusion_flax_model.msgpack',
  'unet/diffusion_pytorch_model.bin',
  'unet/diffusion_pytorch_model.non_ema.safetensors',
  'text_encoder/model.fp16.safetensors',
  'safety_checker/model.safetensors',
  'v1-pruned.ckpt',
].map((path) => ({ path, content: Buffer.from(`not read: ${path}`) }));

/** The packaged Stable Diffusion as a repository among clutter. */
export async function emojiRepo(): Promise<Served[]> {
  return [...(await filesBelow('models/emoji-sd/model')), ...clutter];
}

/** A repository of the text encoder's size: quick to serve. */
export async function robertaRepo(): Promise<Served[]> {
  const files = await filesBelow('models/students/roberta');
  // The Hub's repositories of transformers keep the tokenizer beside the weights.
  return files.map(({ path, content }) => ({ path: path.replace('tokenizer/', ''), content }));
}

export async function robertaServer(): Promise<HubServer> {
  return hubServer({ 'klue/roberta-small': await robertaRepo() });
}

const name = 'klue/roberta-small';
const quickly = [0, 0, 0];

export interface TestPull extends Partial<PullRequest> {
  readonly folder: string;
  readonly token?: string;
  readonly signal?: AbortSignal;
}

/** Plans and pulls, klue/roberta-small by default; returns what happened. */
export async function pulled(
  server: HubServer,
  { token, signal, ...request }: TestPull,
): Promise<PullEvent[]> {
  const access = { endpoint: server.endpoint, ...(token === undefined ? {} : { token }) };
  const retries: RetryOptions = { waits: quickly, signal };
  const plan = await planPull(access, { name, ...request }, retries);
  const events: PullEvent[] = [];
  for await (const event of pull(plan, signal ? { signal } : {})) events.push(event);
  return events;
}

export function contentOf(files: readonly Served[], path: string): Buffer {
  return files.find((file) => file.path === path)!.content;
}

/** The reason of the HubError that a pull fails with. */
export async function reasonOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(error instanceof HubError)) throw error ?? new Error('nothing failed');
  expect(error.remedy).toMatch(/\.$/);
  return error.reason;
}

export async function namesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory());
  return files.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
}

/** By the hash: comparing millions of bytes one by one takes minutes. */
export async function expectWhole(folder: string, path: string): Promise<void> {
  const content = contentOf(await robertaRepo(), path);
  expect(sha256(await readFile(join(folder, path)))).toBe(sha256(content));
}
