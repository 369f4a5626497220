/**
 * Where files of a repository go in a folder of ours, and what must not be there: names come from a server, and the folder
 * may hold what is not ours to replace.
 */
import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemCode, unreadable } from '../checkpoint/file.ts';
import { shownJson } from '../checkpoint/shown.ts';
import { HubError } from '../errors.ts';
import type { Checksum } from './repo.ts';

/** Where a repository goes by default: `models/<name>` in the current folder, as the experiments expect. */
export function usualFolder(id: string): string {
  return join('models', id.slice(id.indexOf('/') + 1));
}

/** What no part of a name may be: empty, a step up, hidden, or what a system of files reads otherwise than it is written. */
const unsafePart = /^$|^\.|[. ]$|[\\:*?"<>|\p{Cc}]|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/iu;

/** The file of `path`, which a server named, in `folder`. Throws HubError for a name that may lead out of it. */
export function placeOf(folder: string, path: string): string {
  const parts = path.split('/');
  if (!parts.some((part) => unsafePart.test(part))) return join(folder, ...parts);
  throw new HubError(
    'unsafe-name',
    `The repository has a file called ${shownJson(path)}, which is no safe name for a file here.`,
    'Nothing was written; do not trust this repository.',
    { subject: shownJson(path) },
  );
}

/** Where the bytes of a file stand until it is whole: beside it, named by what it will hold. */
export function partOf(file: string, { digest }: Checksum): string {
  return `${file}.${digest.slice(0, 12)}.part`;
}

/** Whether `name` is that of a part, of any content, of the file called `file`. */
export function isPartOf(name: string, file: string): boolean {
  return name.startsWith(`${file}.`) && /^[0-9a-f]{12}\.part$/.test(name.slice(file.length + 1));
}

/** Size of the regular file at `path`; undefined where nothing is. Throws HubError where something else is. */
export async function sizeAt(path: string): Promise<number | undefined> {
  const status = await statusOf(path);
  if (status === undefined || status.isFile()) return status?.size;
  throw inTheWay(path, 'it is no ordinary file');
}

/** Throws HubError unless each folder between `folder` and a file in it is a real one, or not there yet. */
export async function checkFolders(folder: string, file: string): Promise<void> {
  for (let above = dirname(file); above.length > folder.length; above = dirname(above)) {
    const status = await statusOf(above);
    if (status !== undefined && !status.isDirectory()) throw inTheWay(above, 'it is no ordinary folder');
  }
}

async function statusOf(path: string): Promise<Stats | undefined> {
  return lstat(path).catch((cause) => {
    if (systemCode(cause) === 'ENOENT') return undefined;
    throw unreadable(path, cause);
  });
}

export function inTheWay(path: string, why: string): HubError {
  return new HubError(
    'in-the-way',
    `${path} is in the way: ${why}.`,
    `Move ${basename(path)} away, or give another folder with --out.`,
    { subject: path },
  );
}
