/**
 * Writes a text encoder as a folder that Hugging Face's transformers and textEncoderFolder.ts open: `config.json`,
 * `model.safetensors`, and the tokenizer's files, in `tokenizer/` or beside the config.
 *
 * Knows no model: config and tensors are the caller's.
 */
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CheckpointError } from '../errors.ts';
import { writeFileAtomic, writeFolderAtomic } from './atomic.ts';
import { readBytes, systemCode, unreadable } from './file.ts';
import { type JsonObject, writeJson } from './json.ts';
import { writeSafetensors } from './safetensorsWriter.ts';

export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface ModelToWrite {
  /** config.json; `torch_dtype` is set to what the weights are stored as. */
  readonly config: JsonObject;
  /** Under the names that transformers uses. */
  readonly tensors: Iterable<NamedTensor>;
  /** What the weights are stored as. */
  readonly dtype: 'F32' | 'F16';
}

export interface TextEncoderToWrite extends ModelToWrite {
  /** Files to copy into `tokenizer/` under their own names. */
  readonly tokenizerFiles?: readonly string[];
}

const written = ['config.json', 'model.safetensors', 'tokenizer'];

/**
 * Writes the folder as a whole, replacing an earlier one of the same kind.
 * Throws CheckpointError if the folder holds anything that this function does not write (it would be lost), or if
 * the file system refuses.
 */
export async function writeTextEncoder(folder: string, encoder: TextEncoderToWrite): Promise<void> {
  const { tokenizerFiles = [] } = encoder;
  await refuseStrangers(folder, written, 'a text encoder');
  await writeFolderAtomic(folder, async (temporary) => {
    await writeModel(temporary, encoder);
    for (const path of tokenizerFiles) {
      await writeFileAtomic(join(temporary, 'tokenizer', basename(path)), await readBytes(path));
    }
  });
}

/** Contents by file name. */
export type FileContents = Readonly<Record<string, string | Uint8Array>>;

/** The same with the tokenizer's files beside the config, where transformers looks for them. */
export async function writeFlatTextEncoder(
  folder: string,
  encoder: ModelToWrite,
  tokenizerFiles: FileContents,
): Promise<void> {
  await refuseStrangers(folder, [...written, ...Object.keys(tokenizerFiles)], 'a text encoder');
  await writeFolderAtomic(folder, async (temporary) => {
    await writeModel(temporary, encoder);
    await writeContents(temporary, tokenizerFiles);
  });
}

/** Writes config and weights into a folder that is being made. */
export async function writeModel(folder: string, { config, tensors, dtype }: ModelToWrite): Promise<void> {
  const torchType = dtype === 'F16' ? 'float16' : 'float32';
  await writeJson(join(folder, 'config.json'), { ...config, torch_dtype: torchType });
  // transformers refuses a file that does not say which framework its names are from: pt is PyTorch.
  const toWrite = Array.from(tensors, (tensor) => ({ ...tensor, dtype }));
  await writeSafetensors(join(folder, 'model.safetensors'), toWrite, { format: 'pt' });
}

/** Writes files into a folder that is being made. */
export async function writeContents(folder: string, contents: FileContents): Promise<void> {
  for (const [name, content] of Object.entries(contents)) {
    await writeFileAtomic(join(folder, name), content);
  }
}

/** Throws CheckpointError if `folder` holds anything but files or folders called `known`: it would be lost. */
export async function refuseStrangers(folder: string, known: readonly string[], what: string): Promise<void> {
  const present = await readdir(folder).catch((cause) => {
    if (systemCode(cause) === 'ENOENT') return [];
    throw unreadable(folder, cause);
  });
  const stranger = present.find((name) => !known.includes(name));
  if (stranger === undefined) return;
  throw new CheckpointError(
    `${folder} holds ${stranger}, which replacing it by ${what} would delete.`,
    `Give a new folder, or one that holds nothing but ${what}.`,
  );
}
