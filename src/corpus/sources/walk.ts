/**
 * All the files in what a user names: folders are walked and archives opened, however deep they lie in each other.
 *
 * Tells archives by their content and knows no format of texts, but for one thing: a spreadsheet is a zip that is not
 * to be opened here.
 */
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CorpusError } from '../../errors.ts';
import { isClutter } from './clutter.ts';
import { headOf, openRandom, unpacked, unreadable } from './content.ts';
import { isPart, joinParts } from './parts.ts';
import { isSmallJson, isSmallMember } from './smallFiles.ts';
import type { SmallFileSet, StoredFile } from './storedFile.ts';
import { isTar, tarFiles } from './tar.ts';
import { zipFiles, zipMembers } from './zip.ts';

export type Found =
  | { readonly kind: 'file'; readonly file: StoredFile }
  | { readonly kind: 'set'; readonly set: SmallFileSet };

export interface WalkOptions {
  /** A folder for archives inside of archives that must be unpacked. */
  readonly scratch: string;
  readonly signal?: AbortSignal;
}

/** Everything in the inputs, in an order that is the same on every machine. Throws CorpusError naming what is damaged. */
export async function* filesIn(
  inputs: readonly string[],
  options: WalkOptions,
): AsyncGenerator<Found, void, void> {
  const loose: StoredFile[] = [];
  for (const input of inputs) {
    const status = await stat(input).catch((cause) => {
      throw new CorpusError(`${input} cannot be read: ${cause.message}.`, 'Check the path.', { cause });
    });
    if (status.isDirectory()) yield* filesInFolder(input, options, []);
    else loose.push(fileOnDisk(input, status.size));
  }
  yield* filesAmong(loose, options, 0);
}

export function fileOnDisk(path: string, size: number): StoredFile {
  return {
    path: path.normalize('NFC'),
    segments: [{ file: path, offset: 0, length: size }],
    packing: 'none',
    size,
  };
}

/** `above` are the real paths of the folders that it lies in: a link to one of them leads round in circles. */
async function* filesInFolder(
  folder: string,
  options: WalkOptions,
  above: readonly string[],
): AsyncGenerator<Found, void, void> {
  options.signal?.throwIfAborted();
  const real = await realpath(folder);
  if (above.includes(real)) return;
  const { files, folders } = await listFolder(folder);
  const small = files.filter(({ path, size }) => isSmallJson(path, size));
  if (isSet(small)) {
    const path = folder.normalize('NFC');
    yield { kind: 'set', set: { path, folder, count: small.length, archive: undefined } };
    yield* filesAmong(
      files.filter(({ path, size }) => !isSmallJson(path, size)),
      options,
      0,
    );
  } else yield* filesAmong(files, options, 0);
  for (const path of folders) yield* filesInFolder(path, options, [...above, real]);
}

async function listFolder(folder: string): Promise<{ files: StoredFile[]; folders: string[] }> {
  const all = await readdir(folder).catch((cause) => {
    throw unreadable(folder, cause);
  });
  const names = all.filter((name) => !isClutter(name));
  names.sort((a, b) => compare(a.normalize('NFC'), b.normalize('NFC')));
  const files: StoredFile[] = [];
  const folders: string[] = [];
  for (const name of names) {
    const path = join(folder, name);
    // A link that leads nowhere is no file.
    const status = await stat(path).catch(() => undefined);
    if (status?.isDirectory()) folders.push(path);
    else if (status?.isFile()) files.push(fileOnDisk(path, status.size));
  }
  return { files, folders };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Corpora with one JSON file a sentence have thousands of them. */
const leastOfSet = 10;

function isSet(small: readonly unknown[]): boolean {
  return small.length >= leastOfSet;
}

/** Deeper nesting is a trap and no corpus. */
const deepest = 4;

async function* filesAmong(
  files: readonly StoredFile[],
  options: WalkOptions,
  depth: number,
): AsyncGenerator<Found, void, void> {
  const plain: StoredFile[] = [];
  for (const file of files) plain.push(isPart(file.path) ? await inPlace(file, options) : file);
  for (const file of joinParts(plain)) {
    options.signal?.throwIfAborted();
    const kind = await archiveKind(file);
    if (kind === undefined) yield { kind: 'file', file };
    else if (depth === deepest) {
      throw new CorpusError(`${file.path} lies in over ${deepest} archives.`, 'Unpack the outer ones.');
    } else if (kind === 'gzip') yield* filesInGzip(file, options, depth);
    else yield* filesInArchive(kind, await inPlace(file, options), options, depth);
  }
}

async function inPlace(file: StoredFile, { scratch, signal }: WalkOptions): Promise<StoredFile> {
  return file.packing === 'none' ? file : unpacked(file, scratch, signal ? { signal } : {});
}

/** Only names that archives have are opened for a look: a corpus holds many other files. */
async function archiveKind(file: StoredFile): Promise<'zip' | 'tar' | 'gzip' | undefined> {
  if (/\.xlsx$/i.test(file.path)) return undefined;
  const head = await headOf(file, 1024);
  if (head.length >= 4 && head.readUInt32BE(0) === 0x504b0304) return 'zip';
  if (head.length >= 4 && head.readUInt32BE(0) === 0x504b0506) return 'zip';
  if (isTar(head)) return 'tar';
  if (head.length >= 2 && head.readUInt16BE(0) === 0x1f8b) return 'gzip';
  // A zip that says that it is one and is not: reading it as one gives the error that helps.
  return /\.zip$/i.test(file.path) ? 'zip' : undefined;
}

async function* filesInGzip(
  file: StoredFile,
  options: WalkOptions,
  depth: number,
): AsyncGenerator<Found, void, void> {
  // Gzip in a packed place: one layer at a time.
  const { segments } = await inPlace(file, options);
  const inner: StoredFile = {
    path: file.path.replace(/\.t?gz$/i, ''),
    segments,
    packing: 'gzip',
    size: undefined,
  };
  const kind = await archiveKind(inner);
  if (kind === undefined) yield { kind: 'file', file: inner };
  else yield* filesAmong([await inPlace(inner, options)], options, depth + 1);
}

async function* filesInArchive(
  kind: 'zip' | 'tar',
  archive: StoredFile,
  options: WalkOptions,
  depth: number,
): AsyncGenerator<Found, void, void> {
  const access = await openRandom(archive, options.scratch);
  try {
    const files: StoredFile[] = [];
    if (kind === 'tar') for await (const file of tarFiles(access, archive.segments)) files.push(file);
    else {
      const members = await zipMembers(access, archive.parts);
      if (isSpreadsheet(members)) return yield { kind: 'file', file: archive };
      const small = members.filter(isSmallMember);
      const many = isSet(small);
      if (many) yield { kind: 'set', set: { path: archive.path, count: small.length, archive } };
      const inSet = new Set(many ? small : []);
      const rest = members.filter((member) => !inSet.has(member) && !isClutter(member.name));
      for await (const file of zipFiles(access, archive.segments, rest)) files.push(file);
    }
    yield* filesAmong(
      files.filter(({ path }) => !isClutter(path.slice(archive.path.length + 1))),
      options,
      depth + 1,
    );
  } finally {
    await access.close();
  }
}

function isSpreadsheet(members: readonly { readonly name: string }[]): boolean {
  return members.some(({ name }) => name === '[Content_Types].xml' || name === 'xl/workbook.xml');
}
