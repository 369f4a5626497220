/**
 * Writes a text encoder as a folder that Hugging Face's transformers and textEncoderFolder.ts open: `config.json`,
 * `model.safetensors`, and the tokenizer's files in `tokenizer/`.
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

export interface TextEncoderToWrite {
  /** config.json; `torch_dtype` is set to what the weights are stored as. */
  readonly config: JsonObject;
  /** Under the names that transformers uses. */
  readonly tensors: Iterable<{
    readonly name: string;
    readonly shape: readonly number[];
    readonly data: Float32Array;
  }>;
  /** What the weights are stored as. */
  readonly dtype: 'F32' | 'F16';
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
  const { config, tensors, dtype, tokenizerFiles = [] } = encoder;
  await refuseStrangers(folder);
  await writeFolderAtomic(folder, async (temporary) => {
    const torchType = dtype === 'F16' ? 'float16' : 'float32';
    await writeJson(join(temporary, 'config.json'), { ...config, torch_dtype: torchType });
    // transformers refuses a file that does not say which framework its names are from: pt is PyTorch.
    const toWrite = Array.from(tensors, (tensor) => ({ ...tensor, dtype }));
    await writeSafetensors(join(temporary, 'model.safetensors'), toWrite, { format: 'pt' });
    for (const path of tokenizerFiles) {
      await writeFileAtomic(join(temporary, 'tokenizer', basename(path)), await readBytes(path));
    }
  });
}

async function refuseStrangers(folder: string): Promise<void> {
  const present = await readdir(folder).catch((cause) => {
    if (systemCode(cause) === 'ENOENT') return [];
    throw unreadable(folder, cause);
  });
  const stranger = present.find((name) => !written.includes(name));
  if (stranger === undefined) return;
  throw new CheckpointError(
    `${folder} holds ${stranger}, which replacing it by a text encoder would delete.`,
    'Give a new folder, or one that holds nothing but a text encoder.',
  );
}
