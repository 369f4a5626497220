/**
 * Enlarging by two and convolving, in one: four small convolutions instead of one large one.
 *
 * After every pixel is repeated, a 3x3 window covers only 2x2 different ones. For each of the four places that a pixel of the
 * result can have, the weights that fall on one source pixel add up to a 2x2 window on the small picture: the same result
 * for 4/9 of the multiplications (sub-pixel convolution, Shi et al., arXiv 1609.07009).
 */
import type { Value } from '../graph.ts';
import { defineOperator, emitOne, fail } from '../operator.ts';
import { add } from './arithmetic.ts';
import { conv2d, spatial } from './convolution.ts';
import { concat, reshape, slice, transpose } from './layout.ts';

const depthToSpaceOperator = defineOperator<{ blocksize: number; mode: 'DCR' }>({
  type: 'DepthToSpace',
  attributes: { blocksize: 'int', mode: 'string' },
  infer: ([x], { blocksize }) => {
    const [height, width] = spatial(x!, 'DepthToSpace');
    const channels = (x!.shape[1] as number) / blocksize ** 2;
    if (!Number.isInteger(channels)) fail('DepthToSpace', `channels do not fit blocks of ${blocksize}`, [x!]);
    return [{ dtype: x!.dtype, shape: [x!.shape[0]!, channels, height * blocksize, width * blocksize] }];
  },
  gradient: ({ inputs, attributes: { blocksize }, gradient }) => [
    spaceToDepth(gradient, inputs[0]!, blocksize),
  ],
});

/**
 * x [batch, block² channels, h, w] to [batch, channels, block h, block w]: a pixel becomes a block, whose rows and columns
 * are the outer axes of the channels.
 */
export function depthToSpace(x: Value, block: number): Value {
  return emitOne(depthToSpaceOperator, [x], { blocksize: block, mode: 'DCR' });
}

/** The reverse, to the shape of `like`. */
function spaceToDepth(x: Value, like: Value, block: number): Value {
  const [batch, , height, width] = like.shape as [number, number, number, number];
  const blocks = reshape(x, [batch, x.shape[1]!, height, block, width, block]);
  return reshape(transpose(blocks, [0, 3, 5, 1, 2, 4]), like.shape);
}

/**
 * x [batch, in, h, w] to [batch, out, 2h, 2w]: what `conv2d(resizeNearest(x, [2h, 2w]), weight, bias, { padding: 1 })`
 * computes. `weight`: [out, in, 3, 3].
 */
export function upsamplingConv2d(x: Value, weight: Value, bias?: Value): Value {
  const phases = [0, 1].flatMap((row) =>
    [0, 1].map((column) => {
      const window = foldWindow(foldWindow(weight, 2, row), 3, column);
      return conv2d(x, window, bias, { padding: [1 - row, 1 - column, row, column] });
    }),
  );
  return depthToSpace(concat(phases, 1), 2);
}

/**
 * Three weights along `axis` to two: the first pixel of a pair sees the pixel before and its own one twice, the second
 * its own twice and the pixel after.
 */
function foldWindow(weight: Value, axis: number, phase: number): Value {
  const [before, same, after] = [0, 1, 2].map((i) => slice(weight, [{ axis, start: i, end: i + 1 }])) as [
    Value,
    Value,
    Value,
  ];
  return concat(phase === 0 ? [before, add(same, after)] : [add(before, same), after], axis);
}
