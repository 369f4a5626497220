/**
 * Writes a student for others: as a text encoder of this program, of transformers, or as a whole pipeline of diffusers.
 */

import { writeDiffusersFolder } from '../checkpoint/diffusersWriter.ts';
import { openStableDiffusion } from '../checkpoint/stableDiffusion.ts';
import {
  type ModelToWrite,
  writeFlatTextEncoder,
  writeTextEncoder,
} from '../checkpoint/textEncoderWriter.ts';
import { ConfigError } from '../errors.ts';
import { parseUNetConfig } from '../models/unetConfig.ts';
import { promptLength } from '../text/tokenizer.ts';
import { openStudent, portable, readTensors } from './portable.ts';

export interface ExportOptions {
  /** What the weights are stored as. */
  readonly dtype: ModelToWrite['dtype'];
}

export interface DiffusersOptions extends ExportOptions {
  /** A folder in the layout of diffusers, for all that is not the text encoder. */
  readonly model: string;
  readonly link?: boolean;
  readonly onFile?: (done: number, total: number) => void;
}

/** What was written, in parameters of the text encoder. */
export interface Exported {
  readonly parameters: number;
}

/**
 * Writes the student in `folder` to `out` with its tokenizer in `tokenizer/`. Throws CheckpointError or ConfigError if its
 * files do not fit each other, as all of these do.
 */
export async function exportStudent(
  folder: string,
  out: string,
  { dtype }: ExportOptions,
): Promise<Exported> {
  const student = await openStudent(folder);
  const tensors = await readTensors(student);
  const { config } = student.files;
  await writeTextEncoder(out, { config, tensors, dtype, tokenizerFiles: student.tokenizer.files });
  return counted(tensors);
}

/** As a folder that `AutoModel` and `AutoTokenizer` of transformers load. */
export async function exportForTransformers(
  folder: string,
  out: string,
  { dtype }: ExportOptions,
): Promise<Exported> {
  const { config, tensors, tokenizerFiles } = await portable(await openStudent(folder));
  await writeFlatTextEncoder(out, { config, tensors, dtype }, tokenizerFiles);
  return counted(tensors);
}

/** As a pipeline of diffusers: `model` with the student in place of its text encoder. */
export async function exportForDiffusers(
  folder: string,
  out: string,
  { dtype, ...options }: DiffusersOptions,
): Promise<Exported> {
  const student = await openStudent(folder);
  const { unet } = await openStableDiffusion(options.model);
  const { crossAttentionDim } = parseUNetConfig(unet.config, unet.configSource);
  if (student.model.hiddenSize !== crossAttentionDim) {
    throw new ConfigError(
      `${folder} gives states of width ${student.model.hiddenSize}, but the U-Net of ${options.model} has ` +
        `cross_attention_dim ${crossAttentionDim}.`,
      'Give the model that the student was distilled for.',
    );
  }
  // diffusers pads every prompt to the tokenizer's model_max_length.
  const { className, tokenizerClass, config, tensors, tokenizerFiles } = await portable(
    student,
    promptLength,
  );
  await writeDiffusersFolder(out, {
    ...options,
    textEncoder: { className, config, tensors, dtype },
    tokenizer: { className: tokenizerClass, files: tokenizerFiles },
  });
  return counted(tensors);
}

function counted(tensors: readonly { readonly data: Float32Array }[]): Exported {
  return { parameters: tensors.reduce((sum, { data }) => sum + data.length, 0) };
}
