/**
 * Where the tensors of a checkpoint lie: name, type, shape, and the place of the bytes in a file.
 *
 * The bytes stay there until somebody asks: graphs point the engine at them. Knows no file format and no model.
 */
import { CheckpointError } from '../errors.ts';
import { type ArrayOf, bytesOf, type DType, elementBytes, newArray } from './dtype.ts';
import { withFile } from './file.ts';
import { bfloat16ToFloat32, halfToFloat32 } from './half.ts';
import { shownText } from './shown.ts';

export interface TensorEntry<D extends DType = DType> {
  readonly name: string;
  readonly dtype: D;
  /** Row-major; empty for a scalar. */
  readonly shape: readonly number[];
  /** Absolute path of the file, with no symbolic link in it. */
  readonly file: string;
  /** First byte of the data, counted from the start of the file. */
  readonly offset: number;
  readonly byteLength: number;
}

export interface Weights {
  /** The path as the caller named it: for messages. */
  readonly source: string;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** What the file says about itself; empty for formats that say nothing. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The entry called `name`. Throws CheckpointError if there is none. */
export function tensorNamed(weights: Weights, name: string): TensorEntry {
  const entry = weights.tensors.get(name);
  if (entry) return entry;
  throw new CheckpointError(
    `${weights.source} holds no tensor ${shownText(name)}.`,
    'Check that the weights belong to the config beside them.',
  );
}

/** The raw elements, row-major; F16 and BF16 as bit patterns. Throws CheckpointError if the file cannot be read. */
export async function readTensor<D extends DType>(entry: TensorEntry<D>): Promise<ArrayOf[D]> {
  const data = newArray(entry.dtype, entry.byteLength / elementBytes(entry.dtype));
  await withFile(entry.file, (file) => file.readInto(bytesOf(data), entry.offset));
  return data;
}

/**
 * The elements as float32, row-major; F16 and BF16 widen exactly.
 * Throws CheckpointError for integers and F64, which float32 does not hold exactly.
 */
export async function readFloat32(entry: TensorEntry): Promise<Float32Array> {
  const { name, dtype, file } = entry;
  if (dtype === 'F32') return readTensor({ ...entry, dtype });
  if (dtype === 'F16') return halfToFloat32(await readTensor({ ...entry, dtype }));
  if (dtype === 'BF16') return bfloat16ToFloat32(await readTensor({ ...entry, dtype }));
  throw new CheckpointError(
    `Tensor ${shownText(name)} of ${file} is ${dtype}, which float32 does not hold exactly.`,
    'Convert the checkpoint to F32, F16 or BF16.',
  );
}

/**
 * The same tensors under other names; those for which `rename` gives undefined are left out.
 * Throws CheckpointError if two tensors get one name.
 */
export function renameWeights(weights: Weights, rename: (name: string) => string | undefined): Weights {
  const tensors = new Map<string, TensorEntry>();
  const origins = new Map<string, string>();
  for (const [name, entry] of weights.tensors) {
    const renamed = rename(name);
    if (renamed === undefined) continue;
    const other = origins.get(renamed);
    if (other !== undefined) {
      throw new CheckpointError(
        `${weights.source} holds both ${shownText(other)} and ${shownText(name)}, which are two names of ${shownText(renamed)}.`,
        'Remove one of them from the file.',
      );
    }
    origins.set(renamed, name);
    tensors.set(renamed, { ...entry, name: renamed });
  }
  return { ...weights, tensors };
}
