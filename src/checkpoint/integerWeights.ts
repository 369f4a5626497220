/**
 * Weights of a checkpoint as int8: rounding them, and finding those that are.
 *
 * An int8 weight is a tensor of type I8 with a scale beside it, `<name>_scale` of type F32, whose shape says how it
 * broadcasts: the weight is their product. Linear layers are stored transposed (graph/integerWeights.ts says why). Knows no
 * model.
 */
import { CheckpointError } from '../errors.ts';
import { type IntegerLayout, scaleName } from '../graph/integerWeights.ts';
import type { LazyTensor } from './safetensorsWriter.ts';
import { shownText } from './shown.ts';
import { readFloat32, readTensor, type TensorEntry, type Weights } from './tensorEntry.ts';

/**
 * How the tensor called `name` is stored, if as int8. Throws CheckpointError for an I8 tensor whose scale is missing or does
 * not fit it.
 */
export function integerLayoutOf(weights: Weights, name: string): IntegerLayout | undefined {
  const entry = weights.tensors.get(name);
  if (entry?.dtype !== 'I8') return undefined;
  const scale = weights.tensors.get(scaleName(name));
  const [rows, ...rest] = entry.shape;
  const found = scale?.dtype === 'F32' ? scale.shape.join() : undefined;
  if (found === [rows, ...rest.map(() => 1)].join()) return 'plain';
  if (rest.length === 1 && found === `1,${rest[0]}`) return 'transposed';
  throw new CheckpointError(
    `${weights.source}: ${shownText(name)} is I8, but ${shownText(scaleName(name))} is not an F32 tensor that fits it.`,
    'Use a checkpoint in F32, F16 or BF16, or one that `ksd quantize` wrote.',
  );
}

/** Does any tensor of `weights` hold int8? */
export function hasIntegerWeights(weights: Weights): boolean {
  return [...weights.tensors.values()].some(({ dtype }) => dtype === 'I8');
}

/**
 * All tensors of `weights` to be written again, those in `layouts` as int8. Each is read when its turn comes. Throws
 * CheckpointError where one is int8 already.
 */
export function integerTensors(weights: Weights, layouts: ReadonlyMap<string, IntegerLayout>): LazyTensor[] {
  if (hasIntegerWeights(weights)) {
    throw new CheckpointError(
      `${weights.source} holds int8 weights already.`,
      'Give the checkpoint that they were made from.',
    );
  }
  return [...weights.tensors].flatMap(([name, entry]) => {
    const layout = layouts.get(name);
    return layout === undefined ? [{ ...entry, data: () => readTensor(entry) }] : toIntegers(entry, layout);
  });
}

/** A tensor's two as they are written; read and rounded when the elements of either are asked for. */
function toIntegers(entry: TensorEntry, layout: IntegerLayout): [LazyTensor, LazyTensor] {
  const [rows = 1, ...rest] = entry.shape;
  const columns = rest.reduce((product, size) => product * size, 1);
  const plain = layout === 'plain';
  return [
    {
      name: entry.name,
      dtype: 'I8',
      shape: plain ? entry.shape : [...entry.shape].reverse(),
      data: async () => {
        const values = await readFloat32(entry);
        const elements = rounded(values, scalesOf(entry, values, rows));
        return plain ? elements : transposed(elements, rows, columns);
      },
    },
    {
      name: scaleName(entry.name),
      dtype: 'F32',
      shape: plain ? [rows, ...rest.map(() => 1)] : [1, rows],
      data: async () => scalesOf(entry, await readFloat32(entry), rows),
    },
  ];
}

/** The scale of each row: its largest magnitude becomes 127. Throws CheckpointError for a value that is not finite. */
function scalesOf({ name, file }: TensorEntry, values: Float32Array, rows: number): Float32Array {
  const columns = values.length / rows;
  return Float32Array.from({ length: rows }, (_, row) => {
    const largest = values
      .subarray(row * columns, (row + 1) * columns)
      .reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (Number.isFinite(largest)) return largest / 127 || 1;
    throw new CheckpointError(
      `Tensor ${shownText(name)} of ${file} holds a value that is not finite.`,
      'A model with such weights computes nothing: use another file.',
    );
  });
}

/** Each value as the nearest multiple of its row's scale. */
function rounded(values: Float32Array, scales: Float32Array): Int8Array {
  const columns = values.length / scales.length;
  const elements = new Int8Array(values.length);
  scales.forEach((scale, row) => {
    for (let i = row * columns; i < (row + 1) * columns; i++) elements[i] = Math.round(values[i]! / scale);
  });
  return elements;
}

function transposed(elements: Int8Array, rows: number, columns: number): Int8Array {
  const result = new Int8Array(elements.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result[column * rows + row] = elements[row * columns + column]!;
    }
  }
  return result;
}
