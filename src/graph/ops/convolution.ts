/**
 * Convolution of pictures and its transpose.
 *
 * The gradient for the input is the transposed convolution, the gradient for the weight a matrix product with the
 * unfolded input (im2col), which runs twice as fast as a convolution of transposed operands.
 */
import type { Value } from '../graph.ts';
import { defineOperator, emitOne, fail } from '../operator.ts';
import { formatShape, isStatic, type Shape, sameShape } from '../shape.ts';
import { concat, pad, reshape, slice, unsqueeze } from './layout.ts';
import { fusedMatMul } from './matmul.ts';
import { reduceSum } from './reduce.ts';

export interface ConvolutionOptions {
  /** Step of the window, the same both ways. */
  readonly stride?: number;
  /** Zeros added around the picture: one number, or [top, left, bottom, right]. */
  readonly padding?: number | Padding4;
  readonly groups?: number;
}

type Padding4 = readonly [top: number, left: number, bottom: number, right: number];

interface Geometry {
  readonly stride: number;
  readonly pads: Padding4;
  readonly groups: number;
}

function geometry({ stride = 1, padding = 0, groups = 1 }: ConvolutionOptions): Geometry {
  return {
    stride,
    pads: typeof padding === 'number' ? [padding, padding, padding, padding] : padding,
    groups,
  };
}

type ConvAttributes = {
  readonly strides: readonly [number, number];
  readonly pads: Padding4;
  readonly group: number;
};

function attributesOf({ stride, pads, groups }: Geometry): ConvAttributes {
  return { strides: [stride, stride], pads, group: groups };
}

function geometryOf({ strides, pads, group }: ConvAttributes): Geometry {
  return { stride: strides[0], pads, groups: group };
}

/** How many windows fit along one side; `padding` is that of both ends. */
export function outputSize(size: number, kernel: number, padding: number, stride: number): number {
  return Math.floor((size + padding - kernel) / stride) + 1;
}

/** Height and width of a picture, which must be numbers. */
export function spatial(x: Value, type: string, operands: readonly Value[] = [x]): readonly [number, number] {
  const [, , height, width] = x.shape;
  if (x.shape.length !== 4 || typeof height !== 'number' || typeof width !== 'number') {
    fail(type, 'needs [batch, channels, height, width] with a size of numbers', operands);
  }
  return [height, width];
}

function convolutionShape(inputs: readonly Value[], { stride, pads, groups }: Geometry): Shape {
  const [x, weight, bias] = inputs as [Value, Value, Value | undefined];
  const [height, width] = spatial(x, 'Conv', inputs);
  const [out, channels, kernelHeight, kernelWidth] = windowShape(weight, inputs);
  if (x.shape[1] !== channels * groups || out % groups !== 0) {
    fail('Conv', `channels do not fit (groups ${groups})`, inputs);
  }
  if (bias && !sameShape(bias.shape, [out])) fail('Conv', `the bias does not fit ${out} channels`, inputs);
  const rows = outputSize(height, kernelHeight, pads[0] + pads[2], stride);
  const columns = outputSize(width, kernelWidth, pads[1] + pads[3], stride);
  if (rows < 1 || columns < 1) fail('Conv', 'the picture is smaller than the window', inputs);
  return [x.shape[0]!, out, rows, columns];
}

type WindowShape = readonly [out: number, channels: number, height: number, width: number];

function windowShape(weight: Value, operands: readonly Value[]): WindowShape {
  if (weight.shape.length !== 4 || !isStatic(weight.shape)) {
    fail('Conv', 'the weight must be [out, in / groups, height, width]', operands);
  }
  return weight.shape as unknown as WindowShape;
}

const convOperator = defineOperator<ConvAttributes>({
  type: 'Conv',
  attributes: { strides: 'ints', pads: 'ints', group: 'int' },
  infer: (inputs, attributes) => [
    { dtype: inputs[0]!.dtype, shape: convolutionShape(inputs, geometryOf(attributes)) },
  ],
  gradient: ({ inputs, attributes, gradient, needs }) => {
    const [x, weight, bias] = inputs as [Value, Value, Value | undefined];
    const place = geometryOf(attributes);
    return [
      needs(0) ? convTransposed(gradient, weight, x.shape, place) : undefined,
      needs(1) ? weightGradient(x, weight, gradient, place) : undefined,
      bias && needs(2) ? reduceSum(gradient, [0, 2, 3]) : undefined,
    ];
  },
});

/** Convolution (cross-correlation, as torch.nn.Conv2d) of x [batch, in, h, w] with `weight` [out, in / groups, kh, kw] and `bias` [out]. */
export function conv2d(x: Value, weight: Value, bias?: Value, options: ConvolutionOptions = {}): Value {
  return emitOne(convOperator, [x, weight, bias], attributesOf(geometry(options)));
}

type ConvTransposeAttributes = ConvAttributes & {
  readonly output_padding: readonly [number, number];
  readonly target: Shape;
};

const convTransposeOperator = defineOperator<ConvTransposeAttributes>({
  type: 'ConvTranspose',
  attributes: { strides: 'ints', pads: 'ints', group: 'int', output_padding: 'ints' },
  infer: ([x], { target }) => [{ dtype: x!.dtype, shape: target }],
  gradient: ({ inputs, attributes, gradient, needs }) => {
    const [x, weight] = inputs as [Value, Value];
    const place = geometryOf(attributes);
    return [
      needs(0) ? emitOne(convOperator, [gradient, weight], attributesOf(place)) : undefined,
      needs(1) ? weightGradient(gradient, weight, x, place) : undefined,
    ];
  },
});

/** The transpose of `conv2d` in its input: from the shape of its output back to `shape`, the shape of its input. */
export function convTransposed(x: Value, weight: Value, shape: Shape, place: Geometry): Value {
  const [rows, columns] = spatial(x, 'ConvTranspose', [x, weight]);
  const [out, channels, kernelHeight, kernelWidth] = windowShape(weight, [x, weight]);
  if (x.shape[1] !== out || shape[1] !== channels * place.groups) {
    fail('ConvTranspose', `channels do not fit ${formatShape(shape)} (groups ${place.groups})`, [x, weight]);
  }
  const covered = (count: number, kernel: number, pads: number) => (count - 1) * place.stride + kernel - pads;
  const missing: [number, number] = [
    (shape[2] as number) - covered(rows, kernelHeight, place.pads[0] + place.pads[2]),
    (shape[3] as number) - covered(columns, kernelWidth, place.pads[1] + place.pads[3]),
  ];
  return emitOne(convTransposeOperator, [x, weight], {
    ...attributesOf(place),
    output_padding: missing,
    target: shape,
  });
}

/** Windows of x as [batch, groups, channels / groups * kh * kw, positions]. */
function unfold(
  x: Value,
  weight: Value,
  rows: number,
  columns: number,
  { stride, pads, groups }: Geometry,
): Value {
  const [, channels, kernelHeight, kernelWidth] = windowShape(weight, [x, weight]);
  const padded = pad(x, [
    { axis: 2, before: pads[0], after: pads[2] },
    { axis: 3, before: pads[1], after: pads[3] },
  ]);
  const windows: Value[] = [];
  for (let i = 0; i < kernelHeight; i++) {
    for (let j = 0; j < kernelWidth; j++) {
      const shifted = slice(padded, [
        { axis: 2, start: i, end: i + (rows - 1) * stride + 1, step: stride },
        { axis: 3, start: j, end: j + (columns - 1) * stride + 1, step: stride },
      ]);
      windows.push(unsqueeze(shifted, 2));
    }
  }
  return reshape(concat(windows, 2), [x.shape[0]!, groups, channels * windows.length, rows * columns]);
}

/** sum over batch and positions of gradient times window, in the shape of the weight. */
function weightGradient(x: Value, weight: Value, gradient: Value, place: Geometry): Value {
  const [, out, rows, columns] = gradient.shape as [number, number, number, number];
  const windows = unfold(x, weight, rows, columns, place);
  const grouped = reshape(gradient, [gradient.shape[0]!, place.groups, out / place.groups, rows * columns]);
  const perSample = fusedMatMul(grouped, windows, { transB: true });
  return reshape(reduceSum(perSample, [0]), weight.shape);
}
