/**
 * Archives that were cut into parts: `X.zip.part0`, `X.zip.part1073741824`... as AI Hub serves them, where the number
 * is the first byte of the part; `X.zip.part1`, `X.zip.part2`... and `X.zip.001`, where it counts.
 */
import { CorpusError } from '../../errors.ts';
import type { StoredFile } from './storedFile.ts';

const partName = /^(.+)\.(?:part(\d+)|(\d{3}))$/;

interface Part {
  readonly number: number;
  readonly file: StoredFile;
}

/** The files with all parts joined to one file in the place of the first. Throws CorpusError naming a missing part. */
export function joinParts(files: readonly StoredFile[]): StoredFile[] {
  const groups = new Map<string, Part[]>();
  const joined: (StoredFile | string)[] = [];
  for (const file of files) {
    const [, whole, named, counted] = partName.exec(file.path) ?? [];
    if (whole === undefined) {
      joined.push(file);
      continue;
    }
    const parts = groups.get(whole) ?? [];
    if (parts.length === 0) joined.push(whole);
    parts.push({ number: Number(named ?? counted), file });
    groups.set(whole, parts);
  }
  return joined.map((file) => (typeof file === 'string' ? whole(file, groups.get(file)!) : file));
}

function whole(path: string, parts: readonly Part[]): StoredFile {
  const sorted = [...parts].sort((a, b) => a.number - b.number);
  const counted = sorted.every(({ number }, i) => number === i + sorted[0]!.number) && sorted[0]!.number <= 1;
  if (!counted) checkOffsets(path, sorted);
  const segments = sorted.flatMap(({ file }) => file.segments);
  return { path, segments, packing: 'none', size: segments.reduce((sum, { length }) => sum + length, 0) };
}

/** Each number must be the size of all parts before; else they count, and one is left out. */
function checkOffsets(path: string, sorted: readonly Part[]): void {
  const first = sorted[0]!.number;
  const counting = sorted.at(-1)!.number < 1000;
  let next = counting ? Math.min(first, 1) : 0;
  for (const { number, file } of sorted) {
    if (number !== next) {
      const found = sorted.map((part) => part.number).join(', ');
      throw new CorpusError(
        `The part of ${path} with number ${next} is missing: there are ${found}.`,
        'Download it and put it beside the others.',
      );
    }
    next = counting ? next + 1 : next + (file.size ?? 0);
  }
}
