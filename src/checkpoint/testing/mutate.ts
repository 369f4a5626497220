/**
 * Bytes made wrong at random, and repeatable: the stream of random numbers decides everything.
 *
 * Knows no format; what does know one says where its boundaries are.
 */
import type { RandomStream } from '../../random/stream.ts';

export type Random = Pick<RandomStream, 'below'>;

export function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[random.below(items.length)] as Item;
}

export function chance(random: Random, oneIn: number): boolean {
  return random.below(oneIn) === 0;
}

/** Numbers at which lengths, counts and places go wrong. */
export const extremes: readonly bigint[] = [
  ...[0n, 1n, 0x7fn, 0xffn, 0xffffn, 0xffff_fffen, 0xffff_ffffn, 100_000_000n, 100_000_001n],
  ...[2n ** 31n, 2n ** 31n - 1n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 60n, 2n ** 63n - 1n, 2n ** 63n],
  ...[-1n, -2n, -(2n ** 31n), -(2n ** 63n)],
];

/** Writes the low bits of `value` as a little-endian number of `width` bytes, as far as `bytes` go. */
export function setNumber(bytes: Buffer, at: number, width: number, value: bigint): void {
  for (let i = 0; i < width && at + i < bytes.length; i++) {
    bytes[at + i] = Number(BigInt.asUintN(64, value) >> BigInt(8 * i)) & 0xff;
  }
}

export type Mutation = (
  random: Random,
  bytes: Buffer,
  other: Buffer,
  boundaries: readonly number[],
) => Buffer;

const splice = (bytes: Buffer, at: number, removed: number, added: Uint8Array) =>
  Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)]);

const somewhere = (random: Random, bytes: Buffer) => random.below(bytes.length + 1);
const aLength = (random: Random) => 1 + random.below(chance(random, 4) ? 64 : 4);

export const mutations: Readonly<Record<string, Mutation>> = {
  flip(random, bytes) {
    const copy = Buffer.from(bytes);
    const at = random.below(Math.max(1, copy.length));
    if (copy.length > 0) copy[at] = (copy[at] as number) ^ (1 << random.below(8));
    return copy;
  },
  insert(random, bytes) {
    const added = Uint8Array.from({ length: aLength(random) }, () => random.below(256));
    return splice(bytes, somewhere(random, bytes), 0, added);
  },
  remove: (random, bytes) => splice(bytes, somewhere(random, bytes), aLength(random), Buffer.alloc(0)),
  repeat(random, bytes) {
    const at = somewhere(random, bytes);
    return splice(bytes, at, 0, bytes.subarray(at, at + aLength(random)));
  },
  /** At a boundary of the format, or beside it, or anywhere. */
  truncate(random, bytes, _, boundaries) {
    const boundary = boundaries.length > 0 ? pick(random, boundaries) + random.below(3) - 1 : 0;
    return Buffer.from(
      bytes.subarray(0, Math.max(0, chance(random, 3) ? somewhere(random, bytes) : boundary)),
    );
  },
  /** The beginning of one file and the end of another. */
  join(random, bytes, other, boundaries) {
    const at = boundaries.length > 0 ? pick(random, boundaries) : somewhere(random, bytes);
    return Buffer.concat([
      bytes.subarray(0, at),
      other.subarray(chance(random, 2) ? at : somewhere(random, other)),
    ]);
  },
  extreme(random, bytes, _, boundaries) {
    const copy = Buffer.from(bytes);
    const at =
      boundaries.length > 0 && chance(random, 2) ? pick(random, boundaries) : somewhere(random, bytes);
    setNumber(copy, at, pick(random, [1, 2, 4, 8]), pick(random, extremes));
    return copy;
  },
};

const kinds = Object.keys(mutations);

/** One to three mutations, one after the other. */
export const mutate: Mutation = (random, bytes, other, boundaries) => {
  let mutant = bytes;
  for (let left = chance(random, 2) ? 1 : 1 + random.below(3); left > 0; left--) {
    mutant = (mutations[pick(random, kinds)] as Mutation)(random, mutant, other, boundaries);
  }
  return mutant;
};
