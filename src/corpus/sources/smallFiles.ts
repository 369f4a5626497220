/**
 * Many small files, read in place at the speed of the disk: a zip of half a million is read in large blocks and unpacked
 * entry by entry, since a stream for each takes longer than its content.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { type ContentOptions, damaged, openRandom, type RandomAccess } from './content.ts';
import type { SmallFile, SmallFileSet } from './storedFile.ts';
import { headerLength, packingOf, type ZipMember, zipMembers } from './zip.ts';

const mostOfSmall = 2 ** 16;

/** Whether a file of so many bytes may belong to a set. */
export function isSmallJson(path: string, size: number | undefined): boolean {
  return /\.json$/i.test(path) && size !== undefined && size <= mostOfSmall;
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
  if (set.archive === undefined) yield* readFolder(set.path, options);
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
  const names = (await readdir(folder)).filter((name) => /\.json$/i.test(name)).sort();
  for (let start = 0; start < names.length; start += filesABatch) {
    signal?.throwIfAborted();
    const batch = names.slice(start, start + filesABatch).map(async (name): Promise<SmallFile> => {
      const file = name.normalize('NFC');
      const bytes = await readFile(join(folder, name)).catch((cause: Error) => cause);
      if (bytes instanceof Error) return { name: file, bytes: Buffer.alloc(0), problem: bytes.message };
      onBytes?.(bytes.length);
      return { name: file, bytes };
    });
    yield (await Promise.all(batch)).filter(({ name, bytes }) => isSmallJson(name, bytes.length));
  }
}

async function* readZip(archive: RandomAccess, { signal, onBytes }: ContentOptions) {
  const members = (await zipMembers(archive)).filter(({ name, record }) => isSmallJson(name, record.size));
  for (let first = 0; first < members.length; ) {
    signal?.throwIfAborted();
    const start = members[first]!.record.header;
    let last = first + 1;
    while (last < members.length && endOf(members[last]!) - start <= blockBytes) last++;
    const length = Math.min(archive.size, endOf(members[last - 1]!)) - start;
    const block = await archive.read(start, length);
    onBytes?.(length);
    const files: SmallFile[] = [];
    for (; first < last; first++) files.push(unpackMember(archive, members[first]!, block, start));
    yield files;
  }
}

/** A place after the member's content, wherever its header ends. */
function endOf({ record }: ZipMember): number {
  return record.header + 30 + record.name.length + headerSlack + record.packedSize;
}

function unpackMember(
  { path }: RandomAccess,
  { name, record }: ZipMember,
  block: Buffer,
  start: number,
): SmallFile {
  const at = record.header - start;
  try {
    const header = headerLength(block.subarray(at, at + 30));
    if (header === undefined)
      throw damaged({ path: `${path}/${name}` }, 'its header in the archive is broken');
    const packed = block.subarray(at + header, at + header + record.packedSize);
    if (packed.length < record.packedSize) throw damaged({ path: `${path}/${name}` }, 'it is cut off');
    const packing = packingOf(`${path}/${name}`, record);
    // The directory's size is a limit: an entry that unpacks to more is refused.
    const bytes =
      packing === 'none' ? packed : inflateRawSync(packed, { maxOutputLength: Math.max(1, record.size) });
    return { name, bytes };
  } catch (error) {
    return { name, bytes: Buffer.alloc(0), problem: error instanceof Error ? error.message : String(error) };
  }
}
