/**
 * What graphs that spread folded pads over the positions (models/rows.ts) are fed.
 */
import { spreadInput } from '../models/rows.ts';
import { intTensor, type Tensor } from '../runtime/tensor.ts';

/** For `length` encoded rows: position p has row p, and the last row, which is a pad, once there are no more. */
export function spreadFeeds(length: number, positions: number): Record<string, Tensor> {
  const rows = Int32Array.from({ length: positions }, (_, p) => Math.min(p, length - 1));
  return { [spreadInput]: intTensor(rows, [positions]) };
}
