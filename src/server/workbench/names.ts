/**
 * What clients may name: an entry of a folder that the server was started with, as the file system lists it. A name that a
 * client sent is compared, and never becomes part of a path.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode, unreadable } from '../../checkpoint/file.ts';
import { NotFoundError } from '../errors.ts';

export interface Entry {
  readonly name: string;
  readonly path: string;
}

/** Entries of a folder, sorted; those whose names begin with a dot are nobody's concern. None if there is no folder. */
export async function entriesOf(folder: string): Promise<Entry[]> {
  const names = await readdir(folder).catch((cause): string[] => {
    if (systemCode(cause) === 'ENOENT') return [];
    throw unreadable(folder, cause);
  });
  return names
    .filter((name) => !name.startsWith('.'))
    .sort()
    .map((name) => ({ name, path: join(folder, name) }));
}

/** The entry of exactly this name. */
export async function entryNamed(folder: string, name: string): Promise<Entry | undefined> {
  return (await entriesOf(folder)).find((entry) => entry.name === name);
}

/** `what` is not there. */
export function missing(what: string): NotFoundError {
  return new NotFoundError(`There is no ${what}.`, 'Look at the list of what is there.');
}
