/**
 * Checksums of the Hub, computed while bytes pass.
 */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { Checksum, RepoFile } from './repo.ts';

export interface Hasher {
  update(bytes: Uint8Array): void;
  /** Lower-case hexadecimal; ends the hasher. */
  digest(): string;
}

/** A hasher for all bytes of a file of `size`, which a git blob says before its content. */
export function hasher({ algorithm }: Checksum, size: number): Hasher {
  const hash = createHash(algorithm === 'sha256' ? 'sha256' : 'sha1');
  if (algorithm === 'git-sha1') hash.update(`blob ${size}\0`);
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest('hex') };
}

const pieceSize = 2 ** 20;

/** The first `length` bytes of a file in pieces. */
export async function* piecesOf(handle: FileHandle, length: number): AsyncGenerator<Buffer, void, undefined> {
  const buffer = Buffer.allocUnsafe(pieceSize);
  for (let at = 0; at < length; ) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(pieceSize, length - at), at);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}

export interface CheckOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told of bytes that were read. */
  readonly onBytes?: (count: number) => void;
}

/** Whether an open file holds what `file` should. */
export async function holds(
  handle: FileHandle,
  { checksum, size }: Pick<RepoFile, 'checksum' | 'size'>,
  { signal, onBytes }: CheckOptions = {},
): Promise<boolean> {
  if ((await handle.stat()).size !== size) return false;
  const hash = hasher(checksum, size);
  for await (const piece of piecesOf(handle, size)) {
    signal?.throwIfAborted();
    hash.update(piece);
    onBytes?.(piece.length);
  }
  return hash.digest() === checksum.digest;
}
