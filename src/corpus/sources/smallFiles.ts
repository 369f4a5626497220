/**
 * Many small files, read in place at the speed of the disk: a zip of half a million is read in large blocks and unpacked
 * entry by entry, since a stream for each takes longer than its content.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { localHeaderBytes, localHeaderLength } from '../../checkpoint/zip.ts';
import { isClutter } from './clutter.ts';
import { type ContentOptions, damaged, openRandom, type RandomAccess } from './content.ts';
import type { SmallFile, SmallFileSet } from './storedFile.ts';
import { packingOf, type ZipMember, zipMembers } from './zip.ts';

const mostOfSmall = 2 ** 16;

/** Whether a file of so many bytes may belong to a set. */
export function isSmallJson(path: string, size: number | undefined): boolean {
  return /\.json$/i.test(path) && size !== undefined && size <= mostOfSmall;
}

/** Whether a member belongs to a set, its content being as small in the archive as it says to be unpacked. */
export function isSmallMember({ name, record }: ZipMember): boolean {
  return isSmallJson(name, record.size) && record.packedSize <= 2 * mostOfSmall && !isClutter(name);
}

const blockBytes = 2 ** 22;
/** A local header repeats the name and may have more fields than the directory says. */
const headerSlack = 2 ** 10;
const filesABatch = 256;

/** All files of the set in batches, in the order in which they lie; one that is damaged comes with its `problem`. */
export async function* readSmallFiles(
  set: SmallFileSet,
  options: ContentOptions & { readonly scratch: string },
): AsyncGenerator<readonly SmallFile[], void, void> {
  if (set.archive === undefined) yield* readFolder(set.folder ?? set.path, options);
  else {
    const access = await openRandom(set.archive, options.scratch, options);
    try {
      yield* readZip(access, options);
    } finally {
      await access.close();
    }
  }
}

async function* readFolder(folder: string, { signal, onBytes }: ContentOptions) {
  const names = (await readdir(folder)).filter((name) => isSmallJson(name, 0) && !isClutter(name)).sort();
  for (let start = 0; start < names.length; start += filesABatch) {
    signal?.throwIfAborted();
    const batch = names.slice(start, start + filesABatch).map((name) => readOne(folder, name));
    const files = (await Promise.all(batch)).filter((file) => file !== undefined);
    onBytes?.(files.reduce((sum, { bytes }) => sum + bytes.length, 0));
    yield files;
  }
}

/** Undefined for what is not of the set: a folder, or a file that is not small. */
async function readOne(folder: string, stored: string): Promise<SmallFile | undefined> {
  const [path, name] = [join(folder, stored), stored.normalize('NFC')];
  try {
    const status = await stat(path);
    if (!status.isFile() || !isSmallJson(name, status.size)) return undefined;
    return { name, bytes: await readFile(path) };
  } catch (error) {
    return { name, bytes: Buffer.alloc(0), problem: error instanceof Error ? error.message : String(error) };
  }
}

async function* readZip(archive: RandomAccess, { signal, onBytes }: ContentOptions) {
  const members = (await zipMembers(archive)).filter(isSmallMember);
  for (let first = 0; first < members.length; ) {
    signal?.throwIfAborted();
    const start = members[first]!.record.header;
    let last = first + 1;
    while (last < members.length && endOf(members[last]!) - start <= blockBytes) last++;
    const length = Math.min(archive.size, endOf(members[last - 1]!)) - start;
    const block = await archive.read(start, length);
    onBytes?.(length);
    const files: SmallFile[] = [];
    for (; first < last; first++) {
      const member = members[first]!;
      const stored = block.subarray(member.record.header - start);
      const missing = missingOf(archive, member, stored);
      files.push(unpackMember(archive.path, member, missing === undefined ? stored : await missing));
    }
    yield files;
  }
}

/** A place after the member's content, wherever its header ends. */
function endOf({ record }: ZipMember): number {
  return record.header + localHeaderBytes + record.name.length + headerSlack + record.packedSize;
}

/** The member from its header on, where that is longer than was foreseen and `stored` ends before. */
function missingOf(
  archive: RandomAccess,
  { record }: ZipMember,
  stored: Buffer,
): Promise<Buffer> | undefined {
  const length = (localHeaderLength(stored) ?? 0) + record.packedSize;
  if (length <= stored.length || record.header + length > archive.size) return undefined;
  return archive.read(record.header, length);
}

function unpackMember(archive: string, { name, record }: ZipMember, stored: Buffer): SmallFile {
  const path = `${archive}/${name}`;
  try {
    const header = localHeaderLength(stored);
    if (header === undefined) throw damaged({ path }, 'its header in the archive is broken');
    const packed = stored.subarray(header, header + record.packedSize);
    if (packed.length < record.packedSize) throw damaged({ path }, 'it is cut off');
    // The directory's size is a limit: an entry that unpacks to more is refused.
    const bytes =
      packingOf(path, record) === 'none'
        ? packed
        : inflateRawSync(packed, { maxOutputLength: Math.max(1, record.size) });
    if (bytes.length !== record.size) {
      throw damaged({ path }, `it should have ${record.size} bytes and has ${bytes.length}`);
    }
    return { name, bytes };
  } catch (error) {
    return { name, bytes: Buffer.alloc(0), problem: error instanceof Error ? error.message : String(error) };
  }
}
