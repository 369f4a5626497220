import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { readPairs } from '../corpus/pairs.ts';
import { openTextEncoder } from '../encoders/textEncoder.ts';
import { InputError } from '../errors.ts';
import { finish } from '../generation/finish.ts';
import { openRuntime } from '../runtime/node.ts';
import { distinctPairs, evenly, nearestPairs, readPool, rowSums } from './nearest.ts';
import { meanOf } from './rowSums.ts';

const runtime = await openRuntime('cpu');
const teacher = await openTextEncoder(runtime, 'models/emoji-sd/model/text_encoder');
const student = await openTextEncoder(runtime, 'models/students/roberta');
const pairs = evenly(distinctPairs(await readPairs('models/emoji-sd/captions/held_out.jsonl')), 120);
const pool = await finish(readPool(pairs, student, teacher, { batch: 50 }));

afterAll(() => Promise.all([teacher.dispose(), student.dispose()]));

test('a sentence of the pool is nearest to itself, in either language', async () => {
  for (const place of [3, 57, 118]) {
    const { ko, en } = pool.pairs[place]!;
    const [korean] = rowSums(await student.encode([ko]));
    const [english] = rowSums(await teacher.encode([en]));
    const [first] = nearestPairs(pool, 'ko', { sum: korean!, mean: pool.korean.mean }, 3);
    expect(first!.ko).toBe(ko);
    expect(first!.cosine).toBeCloseTo(1, 4);
    expect(nearestPairs(pool, 'en', { sum: english!, mean: pool.english.mean }, 3)[0]!.en).toBe(en);
  }
});

test("a student's Korean is nearer to the teacher's English of the same sentence than to that of most others", async () => {
  const ranks = await Promise.all(
    pool.pairs.slice(0, 30).map(async ({ ko, en }) => {
      const [sum] = rowSums(await student.encode([ko]));
      const all = nearestPairs(pool, 'en', { sum: sum!, mean: pool.english.mean }, pool.pairs.length);
      return all.findIndex((one) => one.en === en);
    }),
  );
  expect(ranks.filter((rank) => rank < 12).length).toBeGreaterThan(20);
});

test('neighbours come best first, each sentence once', () => {
  const sum = pool.korean.sums[0] as Float32Array;
  const all = nearestPairs(pool, 'ko', { sum, mean: pool.korean.mean }, 200);
  expect(new Set(all.map(({ ko }) => ko)).size).toBe(all.length);
  const found = all.map(({ cosine }) => cosine);
  expect(found).toEqual([...found].sort((a, b) => b - a));
});

test("the teacher's mean and variance, added up batch by batch, are those of all rows at once", async () => {
  const { data, shape } = await teacher.encode(pool.pairs.map(({ en }) => en));
  const size = data.length / pool.pairs.length;
  const states = pool.pairs.map((_, i) => data.subarray(i * size, (i + 1) * size));
  const mean = meanOf(states);
  const width = shape[2] as number;
  for (const row of [1, 5, 30]) {
    let variance = 0;
    for (let i = row * width; i < (row + 1) * width; i++) {
      expect(pool.teacher.mean[i]).toBeCloseTo(mean[i] as number, 5);
      for (const one of states) variance += ((one[i] as number) - (mean[i] as number)) ** 2 / states.length;
    }
    expect((pool.teacher.variance[row] as number) / variance).toBeCloseTo(1, 4);
  }
});

test('an even part keeps the order and takes no item twice', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 300 }), (length, count) => {
      const part = evenly(
        Array.from({ length }, (_, i) => i),
        count,
      );
      expect(part.length).toBe(Math.min(length, count));
      expect(part.every((value, i) => i === 0 || value > (part[i - 1] as number))).toBe(true);
    }),
  );
});

test('without pairs there is nothing to look among', async () => {
  await expect(finish(readPool([], student, teacher))).rejects.toThrow(InputError);
});
