import { expect, test } from 'vitest';
import { randomStream } from '../random/stream.ts';
import { recallAt, retrieve } from './retrieval.ts';

const [count, size] = [200, 16];
const pool = randomStream(1, 'pool').normals(count * size);
const share = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

test('the pool itself finds every row first, at any length of the vectors', () => {
  const scaled = pool.map((value, i) => value * (1 + Math.floor(i / size)));
  expect(share(recallAt(retrieve(scaled, pool, size), 1))).toBe(1);
});

test('shuffled rows find theirs by chance', () => {
  const shuffled = new Float32Array([...pool.subarray(size), ...pool.subarray(0, size)]);
  const found = retrieve(shuffled, pool, size);
  expect(share(recallAt(found, 1))).toBe(0);
  // Half of the pool is nearer, give or take.
  expect(share(found.ranks) / count).toBeCloseTo(0.5, 1);
});

test('vectors that are all the same find theirs in the middle, not first', () => {
  const { ranks } = retrieve(
    new Float32Array(count * size).fill(1),
    new Float32Array(count * size).fill(1),
    size,
  );
  expect(new Set(ranks)).toEqual(new Set([(count - 1) / 2]));
});

test('the noisier the queries, the fewer are found', () => {
  const noise = randomStream(2, 'noise').normals(count * size);
  const at = (strength: number) =>
    share(
      recallAt(
        retrieve(
          pool.map((value, i) => value + strength * (noise[i] as number)),
          pool,
          size,
        ),
        1,
      ),
    );
  expect(at(0.3)).toBeGreaterThan(at(1));
  expect(at(1)).toBeGreaterThan(at(4));
  expect(at(4)).toBeGreaterThan(0.5 / count);
});

test('a wider net finds no less', () => {
  const noisy = retrieve(
    pool.map((value, i) => value + Math.sin(i * 7)),
    pool,
    size,
  );
  const shares = [1, 5, 10, count].map((k) => share(recallAt(noisy, k)));
  expect([...shares].sort((a, b) => a - b)).toEqual(shares);
  expect(shares.at(-1)).toBe(1);
});

test('lists of other lengths are refused', () => {
  expect(() => retrieve(pool, pool.subarray(size), size)).toThrow(/no two lists/);
});
