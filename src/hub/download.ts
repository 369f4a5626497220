/**
 * Downloads one file so that it appears whole or not at all, and goes on where an earlier attempt stopped, be it in this
 * process or in one that was killed.
 */
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncFolder } from '../checkpoint/atomic.ts';
import { systemCode } from '../checkpoint/file.ts';
import { HubError, KsdError } from '../errors.ts';
import { type Hasher, hasher, piecesOf } from './checksum.ts';
import { disconnected, unintelligible } from './failures.ts';
import { isPartOf, partOf } from './place.ts';
import type { PlannedFile } from './plan.ts';
import { downloadUrl, type Repo } from './repo.ts';
import { type RetryOptions, withRetries } from './retry.ts';

export interface DownloadOptions {
  readonly signal: AbortSignal;
  /** Told of bytes that are there, and with a negative number of those that are not any more. */
  readonly onBytes: (count: number) => void;
  readonly onWait?: RetryOptions['onWait'];
}

/** A connection that is silent for so long is taken for broken, in milliseconds. */
const longestSilence = 60_000;

/** The bytes so far. */
interface Part {
  readonly handle: FileHandle;
  hash: Hasher;
  size: number;
}

/** Throws HubError; but for wrong content, what has come stays for the next attempt. */
export async function download(repo: Repo, file: PlannedFile, options: DownloadOptions): Promise<void> {
  const { destination, checksum } = file;
  const path = partOf(destination, checksum);
  await writing(path, () => mkdir(dirname(path), { recursive: true }));
  const handle = await writing(path, () => open(path, constants.O_RDWR | constants.O_CREAT));
  let good = false;
  try {
    const part = await readPart(handle, file, options);
    await fill(repo, file, part, options);
    good = part.size === file.size && part.hash.digest() === checksum.digest;
    if (good) await writing(path, () => handle.sync());
    else await writing(path, () => handle.truncate(0));
  } finally {
    await handle.close();
  }
  if (!good) {
    await rm(path, { force: true });
    throw wrongContent(file);
  }
  await writing(destination, () => rename(path, destination));
  await removeOldParts(destination);
  await syncFolder(dirname(destination));
}

/** Hashes what an earlier attempt has left. More bytes than the file has are the beginning of nothing. */
async function readPart(handle: FileHandle, file: PlannedFile, { signal, onBytes }: DownloadOptions) {
  const { size } = await handle.stat();
  const part: Part = { handle, hash: hasher(file.checksum, file.size), size: 0 };
  if (size > file.size) await handle.truncate(0);
  else {
    for await (const piece of piecesOf(handle, size)) {
      signal.throwIfAborted();
      part.hash.update(piece);
      part.size += piece.length;
      onBytes(piece.length);
    }
  }
  return part;
}

/** Attempts until all bytes have come. */
function fill(repo: Repo, file: PlannedFile, part: Part, options: DownloadOptions): Promise<void> {
  const { signal, onWait } = options;
  const reached = () => part.size;
  return withRetries(
    async () => {
      if (part.size < file.size) await receive(repo, file, part, options);
    },
    { ...repo.client.retries, signal, reached, onWait },
  );
}

/** One request for what is missing. */
async function receive(repo: Repo, file: PlannedFile, part: Part, { signal, onBytes }: DownloadOptions) {
  const url = downloadUrl(repo, file.path);
  const silence = silenceAfter(longestSilence);
  const either = AbortSignal.any([signal, silence.signal]);
  try {
    const range: Record<string, string> = part.size > 0 ? { range: `bytes=${part.size}-` } : {};
    const { response, linkedEtag } = await repo.client.ask(url, range, either);
    checkEtag(url, file, linkedEtag);
    if (response.body === null) throw unintelligible(url, 'it sends no content');
    if (!continues(response, url, file, part)) await restart(file, part, onBytes);
    // The DOM's type does not know that Node's streams can be iterated.
    for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
      silence.heard();
      if (part.size + bytes.length > file.size)
        throw unintelligible(url, 'it sends more than the file holds');
      await writing(file.destination, () => writeAt(part, bytes));
      part.hash.update(bytes);
      part.size += bytes.length;
      onBytes(bytes.length);
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw cause instanceof KsdError ? cause : disconnected(url, cause);
  } finally {
    silence.end();
  }
  if (part.size < file.size) throw disconnected(url, new Error('the answer ended too early'));
}

/** Whether the answer goes on where the part ends; else it begins anew. Throws HubError where it does neither. */
function continues({ status, headers }: Response, url: string, file: PlannedFile, part: Part): boolean {
  if (status !== 206) return part.size === 0;
  const [, start, size] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
  if (Number(start) === part.size && (size === '*' || Number(size) === file.size)) return true;
  throw unintelligible(url, 'it sends another part of the file than was asked for');
}

async function restart(file: PlannedFile, part: Part, onBytes: (count: number) => void): Promise<void> {
  await writing(file.destination, () => part.handle.truncate(0));
  onBytes(-part.size);
  part.size = 0;
  part.hash = hasher(file.checksum, file.size);
}

/** A mirror may hold another state of the repository than it lists. */
function checkEtag(url: string, { checksum, path }: PlannedFile, linkedEtag: string | undefined): void {
  const etag = linkedEtag?.replace(/^(W\/)?"|"$/g, '');
  if (etag === undefined || etag === checksum.digest) return;
  throw unintelligible(url, `it offers another content of ${path} than it lists`);
}

async function writeAt(part: Part, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await part.handle.write(bytes, done, bytes.length - done, part.size + done);
    done += bytesWritten;
  }
}

/** A signal that is aborted when nothing was heard for so long. */
function silenceAfter(milliseconds: number) {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error('nothing comes any more')), milliseconds);
  return {
    signal: controller.signal,
    heard: () => void timer.refresh(),
    // Also lets go of a connection whose answer was not read to its end.
    end: () => {
      clearTimeout(timer);
      controller.abort();
    },
  };
}

/** Parts of contents that the file had at other commits. */
async function removeOldParts(destination: string): Promise<void> {
  const folder = dirname(destination);
  for (const name of await readdir(folder)) {
    if (isPartOf(name, basename(destination))) await rm(join(folder, name), { force: true });
  }
}

function wrongContent({ path }: PlannedFile): HubError {
  return new HubError(
    'corrupt',
    `What came as ${path} is not what the Hub's checksum says; it was thrown away.`,
    'Give the same command again; if it repeats, something between here and the Hub changes files.',
    { subject: path },
  );
}

/** Runs what writes; a full disk and other refusals of the file system become HubErrors. */
export async function writing<Result>(path: string, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (cause) {
    const code = systemCode(cause);
    if (code === undefined) throw cause;
    if (code === 'ENOSPC' || code === 'EDQUOT') throw noSpace(dirname(path), cause);
    throw new HubError(
      'no-write',
      `${path} cannot be written: ${cause instanceof Error ? cause.message : code}.`,
      'Check the permissions of its folder, or give another with --out.',
      { cause, subject: path },
    );
  }
}

export function noSpace(folder: string, cause?: unknown): HubError {
  return new HubError(
    'no-space',
    `There is not enough free space for ${folder}.`,
    'Make room, or give a folder on another disk with --out; the same command goes on where it stopped.',
    { cause, subject: folder },
  );
}
