/**
 * A whole CLIP that is tiny, of parts that transformers was run on: the text encoder of fixtures/golden, the vision encoder of
 * fixtures/reference, and a text projection of random numbers. Nothing but tests may import this.
 */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openSafetensors } from '../../checkpoint/safetensors.ts';
import { type TensorToWrite, writeSafetensors } from '../../checkpoint/safetensorsWriter.ts';
import { openSafetyCheckerFolder } from '../../checkpoint/safetyCheckerFolder.ts';
import { readFloat32, type TensorEntry } from '../../checkpoint/tensorEntry.ts';
import { randomStream } from '../../random/stream.ts';

const root = join(import.meta.dirname, '../../..');
export const textFiles = join(root, 'fixtures/golden/text_encoders/clip_real_vocab');
export const visionFiles = join(root, 'fixtures/reference/safety');
const tokenizer = join(root, 'models/clip-tokenizer');

const [textSize, projectionDim] = [8, 20];

/** [projectionDim, textSize] */
export const textProjection = randomStream(1, 'projection').normals(projectionDim * textSize);

export async function writeTinyClip(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const vision = await openSafetyCheckerFolder(visionFiles);
  const text = await openSafetensors(join(textFiles, 'model.safetensors'));
  const kept = (name: string) => /^(text_model|vision_model|visual_projection)\./.test(name);
  const entries = [...vision.weights.tensors, ...text.tensors].filter(([name]) => kept(name));
  await writeSafetensors(join(folder, 'model.safetensors'), [
    ...(await Promise.all(entries.map(([name, entry]) => written(name, entry)))),
    { name: 'text_projection.weight', dtype: 'F32', shape: [projectionDim, textSize], data: textProjection },
    { name: 'logit_scale', dtype: 'F32', shape: [], data: Float32Array.of(4.6) },
  ]);
  const config = {
    ...vision.model.json,
    text_config: JSON.parse(await readFile(join(textFiles, 'config.json'), 'utf8')),
  };
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  await writeFile(join(folder, 'preprocessor_config.json'), JSON.stringify(vision.preprocessor.json));
  for (const file of ['vocab.json', 'merges.txt', 'tokenizer_config.json', 'special_tokens_map.json']) {
    await copyFile(join(tokenizer, file), join(folder, file));
  }
}

async function written(name: string, entry: TensorEntry): Promise<TensorToWrite> {
  return { name, dtype: 'F32', shape: entry.shape, data: await readFloat32(entry) };
}
