/**
 * Files and folders that appear whole or not at all, whenever the process is killed.
 *
 * New content is written beside its destination under a name that starts with a dot and ends in `.partial`,
 * forced to the disk, and renamed. What a killed process leaves under such a name may be deleted.
 * Knows no format.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CheckpointError } from '../errors.ts';

// One write of the operating system is limited to 2 GiB; smaller pieces let other work run between them.
const mostAtOnce = 2 ** 26;

/** Writes all of `bytes` at the handle's position. */
export async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, Math.min(mostAtOnce, bytes.length - done));
    done += bytesWritten;
  }
}

/**
 * Writes a file, replacing one that is there; the folder is made where it is missing.
 * `content` is text (UTF-8), bytes, or a function that writes to the handle it gets.
 * Throws CheckpointError if the file system refuses; errors of `content` pass through.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array | ((handle: FileHandle) => Promise<void>),
): Promise<void> {
  const partial = partialName(path);
  try {
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(partial, 'wx');
    try {
      if (typeof content === 'function') await content(handle);
      else await writeAll(handle, typeof content === 'string' ? Buffer.from(content) : content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {});
    throw unwritable(path, error);
  }
  await syncFolder(dirname(path));
}

/**
 * Makes a folder with what `fill` writes into the temporary folder it gets, replacing one that is there.
 * The files in it should be written by `writeFileAtomic`, which forces them to the disk.
 *
 * No system call that Node has swaps two folders, so a replaced one is first renamed to `.<name>.previous`: a
 * process killed between the two renames leaves it there, and `settleFolder` puts it back.
 * Throws CheckpointError if the file system refuses; errors of `fill` pass through.
 */
export async function writeFolderAtomic(
  folder: string,
  fill: (temporary: string) => Promise<void>,
): Promise<void> {
  const partial = partialName(folder);
  try {
    await mkdir(partial, { recursive: true });
    await fill(partial);
    await syncFolder(partial);
    await settleFolder(folder);
    if (await exists(folder)) await rename(folder, previousName(folder));
    await rename(partial, folder);
  } catch (error) {
    await rm(partial, { recursive: true, force: true }).catch(() => {});
    await settleFolder(folder).catch(() => {});
    throw unwritable(folder, error);
  }
  await syncFolder(dirname(folder));
  await settleFolder(folder);
}

/** Ends a replacement of `folder` that was cut off: the old content if the new is not in place, else the new. */
export async function settleFolder(folder: string): Promise<void> {
  const previous = previousName(folder);
  if (!(await exists(previous))) return;
  if (await exists(folder)) await rm(previous, { recursive: true, force: true });
  else await rename(previous, folder);
}

function partialName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}-${randomBytes(4).toString('hex')}.partial`);
}

function previousName(folder: string): string {
  return join(dirname(folder), `.${basename(folder)}.previous`);
}

/** What the file system says of `path`, as the error to throw; other errors as they are. */
export function unwritable(path: string, error: unknown): unknown {
  if (!(error instanceof Error && 'syscall' in error)) return error;
  return new CheckpointError(
    `${path} cannot be written: ${error.message}.`,
    'Check the free space and the permissions of its folder.',
    { cause: error },
  );
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** Forces the names in a folder to the disk, on the systems that let a folder be opened (Windows does not). */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch {
    // The content is on the disk already; only the moment at which the name appears is left to the system.
  }
}
