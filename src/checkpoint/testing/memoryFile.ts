/**
 * A file in memory for readers that take an open one: the project's own reading of files over bytes instead of a disk.
 *
 * Watches what is read: a read that the disk would not have served is a defect.
 */
import { type OpenFile, openFile } from '../file.ts';

export interface MemoryFile extends OpenFile {
  /** Bytes that were read in all. */
  readonly taken: () => number;
}

export function memoryFile(path: string, bytes: Buffer): MemoryFile {
  let taken = 0;
  const file = openFile(path, `/real/${path}`, bytes.length, {
    read: async (target, at, length, position) => {
      if (!(position >= 0 && position + length <= bytes.length)) {
        throw new Error(`bytes ${position} to ${position + length} of ${bytes.length} were read`);
      }
      taken += length;
      return { bytesRead: bytes.copy(target, at, position, position + length) };
    },
  });
  return { ...file, taken: () => taken };
}
