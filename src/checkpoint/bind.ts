/**
 * Joins a graph's parameters to the tensors of a checkpoint, without reading them.
 *
 * Knows the ONNX rule that external data lies in one folder, and no model.
 */
import { basename, dirname } from 'node:path';
import { CheckpointError } from '../errors.ts';
import { type DType as GraphDType, isFloat } from '../graph/dtype.ts';
import type { Binding } from '../graph/serialize.ts';
import { readFloat32, type TensorEntry, tensorNamed, type Weights } from './tensorEntry.ts';

const graphTypeOf: Readonly<Record<string, GraphDType>> = {
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I8: 'int8',
};

/** The folder that holds the files of `weights`. Throws CheckpointError if they lie in several. */
export function weightsFolder(weights: Weights): string {
  const folders = new Set([...weights.tensors.values()].map((entry) => dirname(entry.file)));
  const [folder, other] = folders;
  if (folder !== undefined && other === undefined) return folder;
  throw new CheckpointError(
    `The weights of ${weights.source} lie in ${folders.size} folders.`,
    'Put all files of one model into one folder.',
  );
}

/** The entry of a parameter. Throws CheckpointError if there is none, or one of another shape. */
function entryFor(weights: Weights, name: string, shape: readonly number[]): TensorEntry {
  const entry = tensorNamed(weights, name);
  if (entry.shape.join() === shape.join()) return entry;
  throw new CheckpointError(
    `${weights.source}: ${name} has shape [${entry.shape.join(', ')}], but the config asks for [${shape.join(', ')}].`,
    'Check that the weights belong to the config beside them.',
  );
}

/**
 * A `bind` for `serialize` that points every parameter into the files of `weights`.
 * Throws CheckpointError, when called, for a missing tensor, a wrong shape, or a type other than F32, F16 and BF16 (I8 where
 * the graph asks for int8).
 */
export function bindExternal(
  weights: Weights,
): (name: string, shape: readonly number[], asked?: GraphDType) => Binding {
  return (name, shape, asked = 'float32') => {
    const entry = entryFor(weights, name, shape);
    const dtype = graphTypeOf[entry.dtype];
    if (!dtype || isFloat(dtype) !== isFloat(asked)) {
      throw new CheckpointError(
        `${weights.source}: ${name} is ${entry.dtype}, but it must be ${asked === 'int8' ? 'I8' : 'F32, F16 or BF16'}.`,
        'Convert the checkpoint.',
      );
    }
    return {
      kind: 'external',
      location: basename(entry.file),
      offset: entry.offset,
      length: entry.byteLength,
      dtype,
    };
  };
}

/**
 * The values of a parameter as float32, row-major, for training state.
 * Throws CheckpointError for a missing tensor, a wrong shape or a type that float32 does not hold exactly.
 */
export async function loadParameter(
  weights: Weights,
  name: string,
  shape: readonly number[],
): Promise<Float32Array> {
  return readFloat32(entryFor(weights, name, shape));
}
