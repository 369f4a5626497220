/**
 * A CLIP that judges pictures: texts and pictures as points in the space that both share (transformers' CLIPModel). Knows no
 * measure.
 */
import { join } from 'node:path';
import { readJsonObject } from '../checkpoint/json.ts';
import { openTextEncoder } from '../checkpoint/textEncoderFolder.ts';
import { openTokenizer } from '../encoders/tokenizerFolder.ts';
import { ConfigError } from '../errors.ts';
import { createGraph, input } from '../graph/graph.ts';
import { clipTextModel, parseClipTextConfig } from '../models/clip.ts';
import { linear } from '../models/layers.ts';
import { rootScope, within } from '../models/scope.ts';
import type { Image } from '../pictures/image.ts';
import { compile } from '../runtime/compile.ts';
import type { Runtime, Session } from '../runtime/session.ts';
import { intTensor } from '../runtime/tensor.ts';
import { encodePadded } from '../text/tokenizer.ts';
import { openClipPictures, openClipWeights } from './pictureReader.ts';

export interface Clip {
  /** As it was opened, for readers. */
  readonly folder: string;
  /** [projectionDim], not of length 1. What stands after the model's longest text is cut off. */
  readText(text: string): Promise<Float32Array>;
  /** As `readText`. */
  readPicture(image: Image): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/**
 * Opens the folder of a whole CLIP (`model_type` clip): config.json, weights, tokenizer, preprocessor_config.json. Throws
 * CheckpointError for what is missing or has another shape, ConfigError for a config that does not fit.
 */
export async function openClip(runtime: Runtime, folder: string): Promise<Clip> {
  const path = join(folder, 'config.json');
  const { model_type: type } = await readJsonObject(path);
  if (type !== 'clip') {
    throw new ConfigError(
      `${path}: model_type is ${JSON.stringify(type)}, but pictures are compared with texts by a whole CLIP.`,
      'Give a folder of CLIPModel, such as openai/clip-vit-base-patch32.',
    );
  }
  const { tokenizer } = await openTokenizer(folder);
  const pictures = await openClipPictures(runtime, folder);
  const { session, length } = await openTexts(runtime, folder, pictures.size);
  return {
    folder,
    async readText(text) {
      const { ids } = encodePadded(tokenizer, text, length);
      return (await session.run({ ids: intTensor(ids, [1, length]) }))['textEmbeds']?.data as Float32Array;
    },
    readPicture: pictures.read,
    async dispose() {
      await session.dispose();
      await pictures.dispose();
    },
  };
}

/** The state of the end token in the shared space. Pads stand after it, and causal attention does not see them. */
async function openTexts(
  runtime: Runtime,
  folder: string,
  projectionDim: number,
): Promise<{ session: Session; length: number }> {
  const { config: json, configSource } = await openTextEncoder(folder);
  const config = parseClipTextConfig(json, configSource);
  const length = config.maxPositionEmbeddings;
  const graph = createGraph();
  const { pooledOutput } = clipTextModel(graph, config, {
    inputIds: input(graph, 'ids', 'int64', [1, length]),
  });
  const projection = within(rootScope(graph), 'text_projection');
  const textEmbeds = linear(projection, pooledOutput(), projectionDim, { bias: false });
  return { session: await compile(runtime, graph, { textEmbeds }, await openClipWeights(folder)), length };
}
