/**
 * What an evaluation has drawn and measured so far, kept so that one that was killed goes on where it was.
 *
 * An entry is named by a hash of everything that it depends on: what was made with other weights, prompts or settings is not
 * found. Entries appear whole or not at all. Knows no measure.
 */
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../checkpoint/atomic.ts';
import type { Image } from '../pictures/image.ts';
import { decodePng, encodePng } from '../pictures/png.ts';

/** JSON that names all that an entry depends on besides the journal's own context. */
export type Key = Readonly<Record<string, unknown>>;

export interface Journal {
  /** Undefined where no `count` numbers are kept. */
  findNumbers(key: Key, count: number): Promise<readonly number[] | undefined>;
  /** Finite numbers, which are found again as they were. */
  keepNumbers(key: Key, numbers: readonly number[]): Promise<void>;
  findImages(key: Key, count: number): Promise<readonly Image[] | undefined>;
  /** Images of one size. */
  keepImages(key: Key, images: readonly Image[]): Promise<void>;
  /** Forgets everything: the evaluation is finished. */
  remove(): Promise<void>;
}

/** Keeps nothing. */
export const noJournal: Journal = {
  findNumbers: async () => undefined,
  keepNumbers: async () => {},
  findImages: async () => undefined,
  keepImages: async () => {},
  remove: async () => {},
};

/** A journal in a folder of its own, which is made with its first entry. `context`: what all entries depend on. */
export function openJournal(folder: string, context: Key): Journal {
  const path = (key: Key, ending: string) => join(folder, `${hashOf({ context, key })}.${ending}`);
  return {
    findNumbers: (key, count) => found(path(key, 'json'), (bytes) => numbersIn(bytes, count)),
    keepNumbers: (key, numbers) => writeFileAtomic(path(key, 'json'), JSON.stringify(numbers)),
    findImages: (key, count) => found(path(key, 'png'), (bytes) => unstacked(decodePng(bytes).image, count)),
    keepImages: (key, images) => writeFileAtomic(path(key, 'png'), encodePng(stacked(images))),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

function hashOf(value: Key): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);
}

function numbersIn(bytes: Buffer, count: number): readonly number[] | undefined {
  const value: unknown = JSON.parse(bytes.toString('utf8'));
  return Array.isArray(value) && value.length === count && value.every(Number.isFinite) ? value : undefined;
}

/** One below the other. */
function stacked(images: readonly Image[]): Image {
  const [{ width, height, channels }] = images as [Image];
  const size = width * height * channels;
  const data = new Uint8Array(images.length * size);
  for (const [i, image] of images.entries()) data.set(image.data, i * size);
  return { width, height: images.length * height, channels, data };
}

function unstacked({ width, height, channels, data }: Image, count: number): Image[] | undefined {
  if (height % count !== 0) return undefined;
  const size = data.length / count;
  return Array.from({ length: count }, (_, i) => {
    return { width, height: height / count, channels, data: data.slice(i * size, (i + 1) * size) };
  });
}

/** What an entry holds; one that cannot be read is made again. */
async function found<Value>(
  path: string,
  read: (bytes: Buffer) => Value | undefined,
): Promise<Value | undefined> {
  try {
    return read(await readFile(path));
  } catch {
    return undefined;
  }
}
