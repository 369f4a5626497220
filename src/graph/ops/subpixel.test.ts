import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createGraph, input } from '../graph.ts';
import { evaluate, randomFloats } from '../testing.ts';
import { conv2d } from './convolution.ts';
import { resizeNearest } from './resize.ts';
import { depthToSpace, upsamplingConv2d } from './subpixel.ts';

test('four small convolutions give what enlarging and convolving gives', async () => {
  const size = fc.integer({ min: 1, max: 5 });
  await fc.assert(
    fc.asyncProperty(size, size, size, size, fc.boolean(), async (channels, out, height, width, biased) => {
      const graph = createGraph();
      const x = input(graph, 'x', 'float32', [2, channels, height, width]);
      const weight = input(graph, 'weight', 'float32', [out, channels, 3, 3]);
      const bias = biased ? input(graph, 'bias', 'float32', [out]) : undefined;
      const enlarged = resizeNearest(x, [2 * height, 2 * width]);
      const { one, other } = await evaluate(
        {
          one: upsamplingConv2d(x, weight, bias),
          other: conv2d(enlarged, weight, bias, { padding: 1 }),
        },
        {
          x: randomFloats(1, [2, channels, height, width]),
          weight: randomFloats(2, [out, channels, 3, 3]),
          ...(biased ? { bias: randomFloats(3, [out]) } : {}),
        },
      );
      expect(one!.shape).toEqual([2, out, 2 * height, 2 * width]);
      expect(one!.shape).toEqual(other!.shape);
      (one!.data as Float32Array).forEach((value, i) => {
        expect(value).toBeCloseTo(other!.data[i] as number, 5);
      });
    }),
    { numRuns: 30 },
  );
});

test('channels that make no blocks are an error', () => {
  const x = input(createGraph(), 'x', 'float32', [1, 6, 2, 2]);
  expect(() => depthToSpace(x, 2)).toThrow(/channels do not fit blocks of 2/);
});
