/**
 * Opens an embedding of textual inversion (Gal et al., "An Image is Worth One Word", arXiv 2208.01618): vectors that stand for a
 * new word of a text encoder. Formats:
 *
 * - AUTOMATIC1111's .pt and that of the paper's code: `{ string_to_param: { "*": tensor } }`;
 * - diffusers' learned_embeds.safetensors or .bin: `{ "<token>": tensor }`;
 * - other training code's .safetensors: `emb_params`, or `clip_l` (beside `clip_g`, that of a second encoder).
 *
 * Knows no text encoder.
 */
import { basename } from 'node:path';
import { CheckpointError } from '../errors.ts';
import { shownSizes, shownText } from './shown.ts';
import { readFloat32, type TensorEntry, type Weights } from './tensorEntry.ts';
import { openWeights } from './weights.ts';

export interface TextualInversion {
  /** What it is called in prompts: the name that was given, else that of the file without its end, and the token in the file. */
  readonly names: readonly string[];
  /** The file, for messages. */
  readonly source: string;
  /** [count, width], row-major. */
  readonly vectors: Float32Array;
  readonly count: number;
  readonly width: number;
}

/** A chunk of a prompt has no room for more. */
const mostVectors = 75;

/** Names of tensors that are no tokens, the better ones first. */
const commonKeys: readonly string[] = ['*', 'emb_params', 'clip_l'];

/**
 * Reads the file. `name` is used instead of the file's. Throws CheckpointError if it is missing, damaged or of another kind, or
 * if its vectors are not 1 to 75 rows of finite numbers.
 */
export async function openTextualInversion(path: string, name?: string): Promise<TextualInversion> {
  const entry = onlyTensor(await openWeights(path));
  const [count, width] = sizesOf(path, entry);
  const vectors = await readFloat32(entry);
  if (!vectors.every(Number.isFinite)) {
    throw new CheckpointError(
      `The embedding ${path} holds values that are no finite numbers.`,
      'Use another file: its training did not converge.',
    );
  }
  const token = commonKeys.includes(entry.name) ? [] : [entry.name];
  const names = [...new Set([name ?? stem(path), ...token])];
  return { names, source: path, vectors, count, width };
}

function onlyTensor({ source, tensors }: Weights): TensorEntry {
  const known = commonKeys.find((key) => tensors.has(key));
  const [first, second] = known === undefined ? [...tensors.keys()] : [known];
  const entry = tensors.get(first ?? '');
  if (entry && second === undefined) return entry;
  const names = shownText([...tensors.keys()].join(', '));
  throw new CheckpointError(
    `${source} is no embedding of textual inversion: it holds ${tensors.size} tensors (${names}).`,
    'Give a file with the vectors of one word, as AUTOMATIC1111 or diffusers save them.',
  );
}

/** Vectors [count, width], or one vector [width]. */
function sizesOf(path: string, { shape }: TensorEntry): [count: number, width: number] {
  const [count = 0, width = 0] = shape.length === 1 ? [1, ...shape] : shape;
  if (shape.length <= 2 && count >= 1 && count <= mostVectors && width >= 1) return [count, width];
  throw new CheckpointError(
    `The embedding ${path} has the shape ${shownSizes(shape)}.`,
    `Give one of 1 to ${mostVectors} vectors.`,
  );
}

function stem(path: string): string {
  return basename(path).replace(/\.(safetensors|pt|pth|bin|ckpt)$/i, '');
}
