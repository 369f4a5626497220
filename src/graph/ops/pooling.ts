/**
 * Average pooling.
 */
import { constant, type Value } from '../graph.ts';
import { defineOperator, emitOne, fail } from '../operator.ts';
import { convTransposed, outputSize, spatial } from './convolution.ts';
import { reduceMean } from './statistics.ts';

type WindowAttributes = { readonly kernel_shape: readonly number[]; readonly strides: readonly number[] };

const averagePoolOperator = defineOperator<WindowAttributes>({
  type: 'AveragePool',
  attributes: { kernel_shape: 'ints', strides: 'ints' },
  infer: ([x], attributes) => {
    const [kernel, stride] = window(attributes);
    const [rows, columns] = spatial(x!, 'AveragePool').map((size) => outputSize(size, kernel, 0, stride));
    if (rows! < 1 || columns! < 1) fail('AveragePool', `smaller than its window of ${kernel}`, [x]);
    return [{ dtype: x!.dtype, shape: [...x!.shape.slice(0, 2), rows!, columns!] }];
  },
  gradient: ({ graph, inputs, attributes, gradient }) => {
    const x = inputs[0]!;
    const [kernel, stride] = window(attributes);
    const channels = x.shape[1] as number;
    const area = kernel * kernel;
    const mean = constant(graph, new Float32Array(channels * area).fill(1 / area), [
      channels,
      1,
      kernel,
      kernel,
    ]);
    return [convTransposed(gradient, mean, x.shape, { stride, pads: [0, 0, 0, 0], groups: channels })];
  },
});

function window({ kernel_shape, strides }: WindowAttributes): [kernel: number, stride: number] {
  return [kernel_shape[0]!, strides[0]!];
}

/** Mean over square windows of x [batch, channels, height, width], without padding. */
export function averagePool(x: Value, kernel: number, stride: number): Value {
  return emitOne(averagePoolOperator, [x], { kernel_shape: [kernel, kernel], strides: [stride, stride] });
}

/** Mean over the whole picture, as [batch, channels, 1, 1]. */
export function globalAveragePool(x: Value): Value {
  return reduceMean(x, [2, 3], true);
}
