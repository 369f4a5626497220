/**
 * Our own seeded random numbers: shuffling, initial weights, dropout masks.
 *
 * A stream is named by (seed, purpose, index) and independent of every other one: adding a use of randomness
 * changes no other, and step 5000 of a resumed run draws what it would have drawn without the interruption.
 * Not PyTorch's numbers: those are in torch.ts.
 */
import { InputError } from '../errors.ts';
import { philox4x32 } from './philox.ts';

export interface RandomStream {
  /** A whole number, uniform over [0, 2^32). */
  word(): number;
  /** A whole number, uniform over [0, bound) without bias. `bound`: 1 to 2^32. */
  below(bound: number): number;
  /** Uniform over [0, 1), with 53 random bits. */
  uniform(): number;
  /** Normally distributed (Box-Muller). */
  normal(mean?: number, std?: number): number;
  /** `length` normal values. */
  normals(length: number, mean?: number, std?: number): Float32Array;
  /** Inverted dropout: `length` values, 0 with probability `rate`, else 1 / (1 - rate). `rate`: 0 to below 1. */
  dropoutMask(length: number, rate: number): Float32Array;
}

/**
 * The stream for `purpose` ("shuffle", or the name of a weight) and `index` (an epoch or a step; 0 where there
 * is none). Throws InputError for a seed that is no whole number of at least 0 and below 2^64.
 */
export function randomStream(seed: number | bigint, purpose: string, index = 0): RandomStream {
  const key = keyOf(seed);
  // Block number, purpose, and the two halves of the index.
  const counter = new Uint32Array([0, hash(purpose), index, Math.floor(index / 2 ** 32)]);
  const words = new Uint32Array(4);
  let used = 4;
  let spareNormal: number | undefined;

  function word(): number {
    if (used === 4) {
      philox4x32(counter, key, words);
      counter[0] = (counter[0] as number) + 1;
      used = 0;
    }
    return words[used++] as number;
  }

  function below(bound: number): number {
    // Words above the largest multiple of `bound` would favour the small remainders: draw again.
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let value = word();
    while (value >= limit) value = word();
    return value % bound;
  }

  const uniform = () => ((word() >>> 11) * 2 ** 32 + word()) / 2 ** 53;

  function normal(mean = 0, std = 1): number {
    if (spareNormal !== undefined) {
      const value = mean + std * spareNormal;
      spareNormal = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log1p(-uniform()));
    const angle = 2 * Math.PI * uniform();
    spareNormal = radius * Math.sin(angle);
    return mean + std * radius * Math.cos(angle);
  }

  return {
    word,
    below,
    uniform,
    normal,
    normals: (length, mean, std) => fill(length, () => normal(mean, std)),
    dropoutMask(length, rate) {
      const threshold = rate * 2 ** 32;
      const kept = 1 / (1 - rate);
      return fill(length, () => (word() < threshold ? 0 : kept));
    },
  };
}

/**
 * The numbers 0 to n - 1 in the order of `epoch`: every order equally likely (Fisher and Yates 1938, in
 * Durstenfeld's form of 1964). The same arguments give the same order on every machine.
 */
export function shuffle(n: number, seed: number | bigint, epoch: number): Uint32Array {
  const stream = randomStream(seed, 'shuffle', epoch);
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let last = n - 1; last > 0; last--) {
    const chosen = stream.below(last + 1);
    const moved = order[last] as number;
    order[last] = order[chosen] as number;
    order[chosen] = moved;
  }
  return order;
}

function fill(length: number, next: () => number): Float32Array {
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++) values[i] = next();
  return values;
}

/** One of the values, all equally likely. */
export function pick<Value>(values: readonly Value[], random: RandomStream): Value {
  return values[random.below(values.length)] as Value;
}

/** The two halves of a 64-bit seed. */
function keyOf(seed: number | bigint): Uint32Array {
  if (typeof seed === 'number' ? !Number.isSafeInteger(seed) || seed < 0 : seed < 0n || seed >= 1n << 64n) {
    throw new InputError(
      `The seed ${seed} is not a whole number from 0 to 2^64 - 1.`,
      'Give a seed such as 0 or 42 (larger than 2^53: as a bigint).',
    );
  }
  const whole = BigInt(seed);
  return new Uint32Array([Number(whole & 0xffffffffn), Number(whole >> 32n)]);
}

/** FNV-1a over UTF-16 code units: spreads purposes over 32 bits, needs no more. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
