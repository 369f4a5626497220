import { expect, test } from 'vitest';
import { gradients } from '../gradients.ts';
import { createGraph, input } from '../graph.ts';
import { integers, openSession, randomFloats } from '../testing.ts';
import { mul } from './arithmetic.ts';
import { embedding, scatterAdd } from './gather.ts';
import { reduceSum } from './reduce.ts';

const [count, width, rows, distinct] = [5000, 192, 8000, 50];

test('rows with many equal indices add up exactly, with the same bits at every run and on several threads', async () => {
  const graph = createGraph();
  const ids = input(graph, 'ids', 'int64', ['count']);
  const run = await openSession(
    { sum: scatterAdd(ids, input(graph, 'rows', 'float32', ['count', width]), rows) },
    { threads: 4 },
  );
  const { data } = randomFloats(1, [count], 0, distinct);
  const indices = [...(data as Float32Array)].map((x) => Math.floor(x) * 101);
  const added = randomFloats(2, [count, width]);
  const expected = new Float32Array(rows * width);
  indices.forEach((index, i) => {
    for (let j = 0; j < width; j++) expected[index * width + j]! += Number(added.data[i * width + j]);
  });
  for (let i = 0; i < 20; i++) {
    const { sum } = await run({ ids: integers(indices), rows: added });
    expect(
      Buffer.compare(Buffer.from((sum!.data as Float32Array).buffer), Buffer.from(expected.buffer)),
    ).toBe(0);
  }
});

test('the row of a padding index is read but gets no gradient', async () => {
  const graph = createGraph();
  const weight = input(graph, 'w', 'float32', [3, 2]);
  const y = embedding(weight, input(graph, 'ids', 'int64', ['n']), 1);
  const [gradient] = gradients(reduceSum(mul(y, 2)), [weight]);
  const run = await openSession({ y, gradient: gradient! });
  const w = randomFloats(1, [3, 2]);
  const results = await run({ w, ids: integers([1, 0, 1, 0]) });
  expect((results['y']!.data as Float32Array).slice(0, 2)).toEqual((w.data as Float32Array).slice(2, 4));
  expect(results['gradient']!.data).toEqual(Float32Array.of(4, 4, 0, 0, 0, 0));
});
