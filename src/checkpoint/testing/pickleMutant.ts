/**
 * Pickles made wrong at random: operations of a sound program moved, doubled, left out or given other arguments, and
 * programs that mean harm put between them.
 */

import { hostile } from './hostilePickles.ts';
import { extremes, mutations, pick, type Random, setNumber } from './mutate.ts';

/** Bytes of argument of the operations that have some; others have none. */
const fixed: ReadonlyMap<number, number> = new Map([
  ...([0x80, 0x4b, 0x71, 0x68, 0x82] as const).map((code) => [code, 1] as const),
  ...([0x4d, 0x83] as const).map((code) => [code, 2] as const),
  ...([0x4a, 0x72, 0x6a, 0x84] as const).map((code) => [code, 4] as const),
  ...([0x95, 0x47] as const).map((code) => [code, 8] as const),
]);

/** Bytes of the length in front of the argument. */
const prefixed: ReadonlyMap<number, number> = new Map([
  ...([0x8a, 0x8c, 0x55, 0x43] as const).map((code) => [code, 1] as const),
  ...([0x8b, 0x58, 0x54, 0x42] as const).map((code) => [code, 4] as const),
  ...([0x8d, 0x8e, 0x96] as const).map((code) => [code, 8] as const),
]);

const GLOBAL = 0x63;
const STOP = 0x2e;

/** The operations of a sound pickle, each with its argument, up to and with its STOP. */
export function operationsOf(pickle: Buffer): Buffer[] {
  const operations: Buffer[] = [];
  for (let at = 0; at < pickle.length; ) {
    const end = endOfOperation(pickle, at);
    operations.push(pickle.subarray(at, end));
    if (pickle[at] === STOP) break;
    at = end;
  }
  return operations;
}

function endOfOperation(pickle: Buffer, at: number): number {
  const code = pickle[at] as number;
  const prefix = prefixed.get(code);
  if (prefix !== undefined) return at + 1 + prefix + pickle.readUIntLE(at + 1, Math.min(prefix, 6));
  if (code === GLOBAL) return pickle.indexOf(0x0a, pickle.indexOf(0x0a, at) + 1) + 1;
  return at + 1 + (fixed.get(code) ?? 0);
}

/** The operations of `pickle` with one to four changes; without an end now and then. */
export function pickleMutant(random: Random, pickle: Buffer): Buffer {
  const operations = operationsOf(pickle);
  for (let left = 1 + random.below(pick(random, [1, 2, 4])); left > 0; left--) change(random, operations);
  return Buffer.concat(operations);
}

function change(random: Random, operations: Buffer[]): void {
  if (operations.length === 0) return;
  const at = random.below(Math.max(1, operations.length - 1));
  const other = pick(random, operations);
  switch (random.below(9)) {
    case 0:
      operations.splice(at, 1 + random.below(4));
      break;
    case 1:
      operations.splice(at, 0, other);
      break;
    case 2:
      operations.splice(at, 0, ...operations.slice(at, at + 1 + random.below(8)));
      break;
    case 3:
      operations[at] = other;
      break;
    case 4:
      operations[at] = otherArgument(random, operations[at] as Buffer);
      break;
    case 5:
      operations.splice(
        at,
        0,
        Buffer.of(random.below(256), ...Array.from({ length: random.below(9) }, () => random.below(256))),
      );
      break;
    case 6:
      // A value in the place of another: the program around it stays sound.
      operations.splice(at, 1, hostile(random));
      break;
    case 7:
      operations.splice(at, 0, hostile(random), Buffer.of(0x30 /* POP */));
      break;
    default:
      operations.splice(at, 1, mutations['flip']!(random, operations[at] as Buffer, other, []));
  }
}

function otherArgument(random: Random, operation: Buffer): Buffer {
  const copy = Buffer.from(operation);
  const code = copy[0] as number;
  const width = prefixed.get(code) ?? fixed.get(code) ?? 0;
  if (width > 0)
    setNumber(copy, 1, width, random.below(2) === 0 ? pick(random, extremes) : BigInt(random.below(9)));
  else if (code === GLOBAL) return hostile(random);
  return copy;
}
