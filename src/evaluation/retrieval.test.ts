import { beforeAll, expect, test } from 'vitest';
import { randomStream } from '../random/stream.ts';
import { openRuntime } from '../runtime/node.ts';
import type { Runtime } from '../runtime/session.ts';
import { cosines, normalise, recallAt, retrieve } from './retrieval.ts';

const [count, size] = [200, 16];
const pool = randomStream(1, 'pool').normals(count * size);
const share = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime('cpu');
});

const found = async (queries: Float32Array, by: 'rows' | 'columns' = 'rows') =>
  retrieve(await cosines(runtime, normalise(queries.slice(), size), normalise(pool.slice(), size), size), by);

test('the pool itself finds every row first, at any length of the vectors', async () => {
  const scaled = pool.map((value, i) => value * (1 + Math.floor(i / size)));
  for (const by of ['rows', 'columns'] as const) {
    expect(share(recallAt(await found(scaled, by), 1))).toBe(1);
  }
});

test('rows of other sentences find theirs by chance', async () => {
  const shifted = new Float32Array([...pool.subarray(size), ...pool.subarray(0, size)]);
  const { ranks } = await found(shifted);
  expect(share(recallAt({ pool: count, ranks }, 1))).toBe(0);
  // Half of the pool is nearer, give or take.
  expect(share(ranks) / count).toBeCloseTo(0.5, 1);
});

test('vectors that are all the same find theirs in the middle, not first', async () => {
  const same = new Float32Array(count * size).fill(1);
  const { ranks } = retrieve(await cosines(runtime, same, same, size), 'rows');
  expect(new Set(ranks)).toEqual(new Set([(count - 1) / 2]));
});

test('the noisier the queries, the fewer are found', async () => {
  const noise = randomStream(2, 'noise').normals(count * size);
  const at = async (strength: number) =>
    share(recallAt(await found(pool.map((value, i) => value + strength * (noise[i] as number))), 1));
  const [little, some, much] = [await at(0.3), await at(1), await at(4)];
  expect(little).toBeGreaterThan(some);
  expect(some).toBeGreaterThan(much);
  expect(much).toBeGreaterThan(0.5 / count);
});

test('the two directions are two questions: a vector that is near to all is found by all, and finds one', async () => {
  const values = Float32Array.of(0.9, 0.1, 0.2, 0.8, 0.3, 0.1, 0.7, 0.2, 0.6);
  expect([...retrieve({ count: 3, values }, 'rows').ranks]).toEqual([0, 1, 1]);
  expect([...retrieve({ count: 3, values }, 'columns').ranks]).toEqual([0, 0, 0]);
});

test('a wider net finds no less', async () => {
  const noisy = await found(pool.map((value, i) => value + Math.sin(i * 7)));
  const shares = [1, 5, 10, count].map((k) => share(recallAt(noisy, k)));
  expect([...shares].sort((a, b) => a - b)).toEqual(shares);
  expect(shares.at(-1)).toBe(1);
});

test('lists of other lengths are refused', async () => {
  await expect(cosines(runtime, pool, pool.subarray(size), size)).rejects.toThrow(/no two lists/);
});
