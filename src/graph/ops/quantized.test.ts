import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gradients } from '../gradients.ts';
import { createGraph, input } from '../graph.ts';
import { bytes, evaluate, randomFloats } from '../testing.ts';
import { dequantizeLinear, dynamicQuantizeMatMul } from './quantized.ts';
import { reduceSum } from './reduce.ts';

const size = fc.integer({ min: 1, max: 20 });
const elements = (count: number) =>
  fc.array(fc.integer({ min: -127, max: 127 }), { minLength: count, maxLength: count });

test('dequantizeLinear multiplies the slices along an axis by their scales, exactly', async () => {
  const cases = fc
    .tuple(size, size, fc.nat({ max: 1 }), fc.nat())
    .chain(([rows, columns, axis, seed]) =>
      elements(rows * columns).map((values) => ({ rows, columns, axis, seed, values })),
    );
  await fc.assert(
    fc.asyncProperty(cases, async ({ rows, columns, axis, seed, values }) => {
      const graph = createGraph();
      const x = input(graph, 'x', 'int8', [rows, columns]);
      const scale = randomFloats(seed, [axis === 0 ? rows : columns], 0.001, 0.1);
      const y = dequantizeLinear(x, input(graph, 'scale', 'float32', scale.shape), axis);
      const { data } = (await evaluate({ y }, { x: bytes(values, [rows, columns]), scale }))['y']!;
      const scaleOf = (i: number) => scale.data[axis === 0 ? Math.floor(i / columns) : i % columns] as number;
      expect([...(data as Float32Array)]).toEqual(values.map((value, i) => Math.fround(value * scaleOf(i))));
    }),
    { numRuns: 25 },
  );
});

test('dynamicQuantizeMatMul is a linear layer on inputs rounded to 256 levels', async () => {
  const cases = fc
    .tuple(size, size, size, fc.nat(), fc.boolean())
    .chain(([rows, inputs, outputs, seed, biased]) =>
      elements(inputs * outputs).map((values) => ({ rows, inputs, outputs, seed, biased, values })),
    );
  await fc.assert(
    fc.asyncProperty(cases, async ({ rows, inputs, outputs, seed, biased, values }) => {
      const graph = createGraph();
      const feeds = {
        x: randomFloats(seed, [rows, inputs], -2, 3),
        weight: bytes(values, [inputs, outputs]),
        scale: randomFloats(seed + 1, [outputs], 0.001, 0.1),
        bias: randomFloats(seed + 2, [outputs]),
      };
      const [x, scale, bias] = (['x', 'scale', 'bias'] as const).map((name) =>
        input(graph, name, 'float32', name === 'x' ? ['n', inputs] : feeds[name].shape),
      );
      const weight = input(graph, 'weight', 'int8', [inputs, outputs]);
      const y = dynamicQuantizeMatMul(x!, weight, scale!, biased ? bias : undefined);
      expect(y.shape).toEqual(['n', outputs]);
      const found = (await evaluate({ y }, feeds))['y']!.data as Float32Array;
      for (let row = 0; row < rows; row++) {
        for (let out = 0; out < outputs; out++) {
          let exact = biased ? (feeds.bias.data[out] as number) : 0;
          // Each input is off by at most one of the steps into which [-2, 3] is cut.
          let bound = 1e-4;
          for (let i = 0; i < inputs; i++) {
            const w = values[i * outputs + out]! * (feeds.scale.data[out] as number);
            exact += (feeds.x.data[row * inputs + i] as number) * w;
            bound += Math.abs(w) * (5 / 255);
          }
          expect(Math.abs(found[row * outputs + out]! - exact)).toBeLessThan(bound);
        }
      }
    }),
    { numRuns: 40 },
  );
});

test('no gradient passes an operator on int8 weights', () => {
  const graph = createGraph();
  const x = input(graph, 'x', 'float32', [2, 3]);
  const y = dynamicQuantizeMatMul(x, input(graph, 'w', 'int8', [3, 4]), input(graph, 's', 'float32', [4]));
  expect(() => gradients(reduceSum(y), [x])).toThrow(/DynamicQuantizeMatMul/);
});
