/**
 * What a model reads in pictures, as vectors: CLIP's image encoder (transformers' CLIPVisionModelWithProjection, with
 * CLIPImageProcessor before it). Knows no measure.
 */
import { join } from 'node:path';
import { isThere } from '../checkpoint/file.ts';
import { readJsonObject } from '../checkpoint/json.ts';
import { renameWeights, type Weights } from '../checkpoint/tensorEntry.ts';
import { openWeightsIn } from '../checkpoint/weights.ts';
import { ConfigError } from '../errors.ts';
import {
  type ImageProcessorConfig,
  parseImageProcessorConfig,
  pixelValues,
} from '../generation/imageProcessor.ts';
import { createGraph, input } from '../graph/graph.ts';
import { type ClipVisionConfig, clipVisionModel, parseClipVisionConfig } from '../models/clipVision.ts';
import type { Image } from '../pictures/image.ts';
import { compile } from '../runtime/compile.ts';
import type { Runtime } from '../runtime/session.ts';

export interface PictureReader {
  /** Numbers of a vector. */
  readonly size: number;
  /** The vector of a picture of any size. */
  read(image: Image): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/**
 * `folder` holds a CLIP, or its vision model with the projection: config.json and weights, and preprocessor_config.json,
 * without which pictures are prepared as transformers does by default, for the side that the model reads. Throws
 * CheckpointError for what is missing or has another shape, ConfigError for a config that does not fit.
 */
export async function openClipPictures(runtime: Runtime, folder: string): Promise<PictureReader> {
  const path = join(folder, 'config.json');
  const config = parseClipVisionConfig(await readJsonObject(path), path);
  const processor = await processorOf(folder, config);
  const graph = createGraph();
  const { numChannels, imageSize, projectionDim } = config;
  const pixels = input(graph, 'pixels', 'float32', [1, numChannels, imageSize, imageSize]);
  const { imageEmbeds } = clipVisionModel(graph, config, pixels);
  const session = await compile(runtime, graph, { imageEmbeds }, await openClipWeights(folder));
  return {
    size: projectionDim,
    read: async (image) =>
      (await session.run({ pixels: pixelValues(image, processor) }))['imageEmbeds']?.data as Float32Array,
    dispose: () => session.dispose(),
  };
}

/** All tensors of a CLIP, less the index buffers that old versions of transformers saved. */
export async function openClipWeights(folder: string): Promise<Weights> {
  return renameWeights(await openWeightsIn(folder), (name) =>
    name.endsWith('.position_ids') ? undefined : name,
  );
}

async function processorOf(
  folder: string,
  { imageSize, numChannels }: ClipVisionConfig,
): Promise<ImageProcessorConfig> {
  const path = join(folder, 'preprocessor_config.json');
  const usual = { size: imageSize, crop_size: imageSize, ...switchedOn };
  const processor = parseImageProcessorConfig(
    (await isThere(path)) ? await readJsonObject(path) : usual,
    path,
  );
  const { width, height } = processor.crop;
  if (numChannels === 3 && width === imageSize && height === imageSize) return processor;
  throw new ConfigError(
    `${path} makes pictures of ${width}x${height} pixels in 3 channels, but ${folder} reads ${imageSize}x${imageSize} in ${numChannels}.`,
    'Use the preprocessor_config.json of the same model.',
  );
}

const switchedOn = { do_resize: true, do_center_crop: true, do_rescale: true, do_normalize: true };
