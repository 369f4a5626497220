/**
 * Reading parts of a file, with errors that name it.
 *
 * Knows no format.
 */
import { constants } from 'node:buffer';
import { access, type FileHandle, open, readFile, realpath, stat } from 'node:fs/promises';
import { CheckpointError } from '../errors.ts';

export interface OpenFile {
  /** As the caller named it: for messages. */
  readonly path: string;
  /** Absolute, with no symbolic link in it. */
  readonly realPath: string;
  /** In bytes. */
  readonly size: number;
  /** The `length` bytes from `offset` on. Throws CheckpointError where the file ends before. */
  read(offset: number, length: number): Promise<Buffer>;
  /** Fills `target` from `offset` on. Throws CheckpointError where the file ends before. */
  readInto(target: Uint8Array, offset: number): Promise<void>;
}

// One read of the operating system is limited to 2 GiB.
const mostAtOnce = 2 ** 30;

/** The code of a failed system call, such as ENOENT. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Why the file system refused `path`, as the error to throw. */
export function unreadable(path: string, cause: unknown): CheckpointError {
  const missing = ['ENOENT', 'ENOTDIR'].includes(systemCode(cause) ?? '');
  return missing
    ? new CheckpointError(`${path} does not exist.`, 'Check the path.', { cause })
    : new CheckpointError(
        `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
        'Check its permissions and the disk.',
        { cause },
      );
}

/** All bytes of a file. Throws CheckpointError naming it if the file system refuses. */
export function readBytes(path: string): Promise<Buffer> {
  return readFile(path).catch((cause) => {
    throw unreadable(path, cause);
  });
}

/** Whether there is a file or folder at `path` that one may reach. */
export function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Opens a file for `use` and closes it after. Throws CheckpointError if it is missing or not a regular file. */
export async function withFile<Result>(
  path: string,
  use: (file: OpenFile) => Promise<Result>,
): Promise<Result> {
  let handle: FileHandle | undefined;
  let realPath: string;
  try {
    realPath = await realpath(path);
    // Before it is opened: opening a pipe waits for somebody to write to it.
    if ((await stat(realPath)).isFile()) handle = await open(realPath, 'r');
  } catch (cause) {
    throw unreadable(path, cause);
  }
  if (!handle) throw new CheckpointError(`${path} is not a file.`, 'Name the file itself.');
  try {
    const { size } = await handle.stat();
    return await use(openFile(path, realPath, size, handle));
  } finally {
    await handle.close();
  }
}

/** What reading takes: an open file of Node, or anything else that holds bytes. */
export interface ReadsAt {
  read(target: Uint8Array, at: number, length: number, position: number): Promise<{ bytesRead: number }>;
}

/** `size` bytes behind `handle`; no read goes beyond them. */
export function openFile(path: string, realPath: string, size: number, handle: ReadsAt): OpenFile {
  const ends = (end: number) =>
    new CheckpointError(
      `${path} ends before byte ${end}, up to which it is to be read.`,
      'It is truncated: download or write it again.',
    );
  // Before anything is allocated, and because Node takes an offset that no number holds exactly for none at all.
  const check = (offset: number, length: number): void => {
    if (!(offset >= 0 && length >= 0 && offset + length <= size)) throw ends(offset + length);
  };
  const readInto = async (target: Uint8Array, offset: number): Promise<void> => {
    check(offset, target.length);
    for (let done = 0; done < target.length; ) {
      const wanted = Math.min(mostAtOnce, target.length - done);
      const { bytesRead } = await handle.read(target, done, wanted, offset + done).catch((cause) => {
        throw unreadable(path, cause);
      });
      if (bytesRead === 0) throw ends(offset + target.length);
      done += bytesRead;
    }
  };
  const read = async (offset: number, length: number): Promise<Buffer> => {
    check(offset, length);
    if (length > constants.MAX_LENGTH) {
      throw new CheckpointError(
        `${path} would take ${length} bytes of memory at once.`,
        'Use a file whose directory or description is smaller.',
      );
    }
    const bytes = Buffer.alloc(length);
    await readInto(bytes, offset);
    return bytes;
  };
  return { path, realPath, size, read, readInto };
}
