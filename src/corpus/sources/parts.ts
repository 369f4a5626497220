/**
 * Archives that were cut into parts: `X.zip.part0`, `X.zip.part1073741824`... as AI Hub serves them, where the number
 * is the first byte of the part; `X.zip.part1`, `X.zip.part2`... and `X.zip.001`, where it counts.
 */
import { posix } from 'node:path';
import { CorpusError } from '../../errors.ts';
import { type StoredFile, storedBytes } from './storedFile.ts';

// Three digits alone are also the number of a corpus or of a day: only after an archive's name do they count parts.
const partName = /^(.+)\.part(\d+)$|^(.+\.(?:zip|tar|t?gz))\.(\d{3})$/i;

interface Part {
  readonly number: number;
  readonly file: StoredFile;
}

export function isPart(path: string): boolean {
  return partName.test(path);
}

/**
 * The files with all parts joined to one file in the place of the first; parts that were joined already are left out,
 * the whole standing beside them. The parts must not be packed. Throws CorpusError naming a missing part.
 */
export function joinParts(files: readonly StoredFile[]): StoredFile[] {
  const paths = new Set(files.map(({ path }) => path));
  const groups = new Map<string, Part[]>();
  const joined: (StoredFile | string)[] = [];
  for (const file of files) {
    const [, named, number, counted, ordinal] = partName.exec(file.path) ?? [];
    const path = named ?? counted;
    if (path === undefined) joined.push(file);
    else if (!paths.has(path)) {
      const parts = groups.get(path) ?? [];
      if (parts.length === 0) joined.push(path);
      parts.push({ number: Number(number ?? ordinal), file });
      groups.set(path, parts);
    }
  }
  return joined.map((file) => (typeof file === 'string' ? whole(file, groups.get(file)!) : file));
}

function whole(path: string, parts: readonly Part[]): StoredFile {
  const sorted = [...parts].sort((a, b) => a.number - b.number);
  const missing = missingPart(sorted);
  const names = sorted.map(({ file }) => posix.basename(file.path));
  if (missing !== undefined) {
    throw new CorpusError(
      `The part of ${path} with number ${missing} is missing, or the one before it is cut off: there are ${names.join(', ')}.`,
      'Download it and put it beside the others.',
    );
  }
  const segments = sorted.flatMap(({ file }) => file.segments);
  const size = storedBytes(segments);
  return { path, segments, packing: 'none', size, parts: names };
}

/** No archive is cut into so many parts, and no part is so short: the numbers of any beyond are places. */
const mostParts = 1000;

/** The number that is missing, whether they count from 0 or 1, or each is the size of all parts before. */
function missingPart(sorted: readonly Part[]): number | undefined {
  let end = 0;
  const byPlace = sorted.find(({ number, file }) => {
    const fits = number === end;
    if (fits) end += file.size ?? 0;
    return !fits;
  });
  if (byPlace === undefined) return undefined;
  if (sorted.at(-1)!.number >= mostParts) return end;
  const first = Math.min(sorted[0]!.number, 1);
  const gap = sorted.findIndex(({ number }, i) => number !== first + i);
  return gap < 0 ? undefined : first + gap;
}
