import { afterAll, beforeEach, expect, test } from 'vitest';
import { randomStream } from '../random/stream.ts';
import { openRuntime } from '../runtime/node.ts';
import { type LinearFit, linearFit } from './linearMap.ts';

const [from, to, count] = [5, 3, 200];
const rows = randomStream(1, 'rows').normals(count * from);
const weights = randomStream(2, 'weights').normals(from * to);
const offset = [10, -3, 0.5];
const targets = Float32Array.from({ length: count * to }, (_, at) => {
  const [n, j] = [Math.floor(at / to), at % to];
  let sum = offset[j] as number;
  for (let i = 0; i < from; i++) sum += (rows[n * from + i] as number) * (weights[i * to + j] as number);
  return sum;
});

const runtime = await openRuntime('cpu');
let fit: LinearFit;

beforeEach(async () => {
  await fit?.dispose();
  fit = await linearFit(runtime, from, to);
});

afterAll(() => fit.dispose());

test('what is linear is found, from rows that come in parts', async () => {
  for (let start = 0; start < count; start += 50) {
    await fit.add(
      rows.subarray(start * from, (start + 50) * from),
      targets.subarray(start * to, (start + 50) * to),
    );
  }
  const found = await fit.solve(1e-9).apply(rows);
  found.forEach((value, i) => {
    expect(value).toBeCloseTo(targets[i] as number, 3);
  });
});

test('of noise, the error that is left stands at right angles to the rows', async () => {
  const noisy = targets.map((value, i) => value + Math.sin(i * i));
  await fit.add(rows, noisy);
  const found = await fit.solve(0).apply(rows);
  for (let i = 0; i < from; i++) {
    for (let j = 0; j < to; j++) {
      let sum = 0;
      for (let n = 0; n < count; n++) {
        sum +=
          (rows[n * from + i] as number) * ((noisy[n * to + j] as number) - (found[n * to + j] as number));
      }
      expect(Math.abs(sum) / count).toBeLessThan(1e-4);
    }
  }
});

test('fewer rows than values need a ridge', async () => {
  await fit.add(rows.subarray(0, 2 * from), targets.subarray(0, 2 * to));
  expect(() => fit.solve(0)).toThrow(/do not determine/);
  expect((await fit.solve(0.1).apply(rows)).every(Number.isFinite)).toBe(true);
});

test('rows without targets are refused', async () => {
  await expect(fit.add(rows, targets.subarray(to))).rejects.toThrow(/do not go with/);
});
