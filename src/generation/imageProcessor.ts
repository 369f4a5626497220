/**
 * From a picture to the numbers that CLIP's vision transformer reads, as transformers' CLIPImageProcessor (on Pillow)
 * makes them: the shortest side resized, the centre cut out, colours normalised.
 */
import { z } from 'zod';
import { only, parseConfig } from '../models/config.ts';
import { crop, flatten, type Image } from '../pictures/image.ts';
import { type ResizeFilter, resize } from '../pictures/resize.ts';
import { type FloatTensor, floatTensor } from '../runtime/tensor.ts';

export interface ImageProcessorConfig {
  /** Pixels that the shortest side gets. */
  readonly shortestEdge: number;
  readonly filter: ResizeFilter;
  readonly crop: { readonly width: number; readonly height: number };
  /** Of red, green and blue in [0, 1]. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** From bytes to [0, 1]. */
  readonly rescaleFactor: number;
}

/** Pillow's numbers for the filters that we have. */
const filters: Readonly<Record<number, ResizeFilter>> = { 1: 'lanczos', 3: 'bicubic', 4: 'box' };

const side = z.int().positive();
/** Old files give a number for what new ones call shortest_edge, or for a square. */
const shortestEdge = z.union([
  side,
  z.looseObject({ shortest_edge: side }).transform((it) => it.shortest_edge),
]);
const rectangle = z.union([
  side.transform((it) => ({ width: it, height: it })),
  z.looseObject({ width: side, height: side }).transform(({ width, height }) => ({ width, height })),
]);

const schema = z
  .looseObject({
    do_resize: only(true),
    do_center_crop: only(true),
    do_rescale: only(true),
    do_normalize: only(true),
    size: shortestEdge.default(224),
    crop_size: rectangle.default({ width: 224, height: 224 }),
    resample: z
      .int()
      .refine((number) => number in filters, 'only 1 (Lanczos), 3 (bicubic) and 4 (box) are supported')
      .default(3),
    rescale_factor: z
      .number()
      .positive()
      .default(1 / 255),
    image_mean: z.array(z.number()).length(3).default([0.48145466, 0.4578275, 0.40821073]),
    image_std: z.array(z.number().positive()).length(3).default([0.26862954, 0.26130258, 0.27577711]),
  })
  .refine(({ size, crop_size: { width, height } }) => Math.max(width, height) <= size, {
    path: ['crop_size'],
    message: 'must not exceed size',
  });

/**
 * Reads a CLIPImageProcessor's preprocessor_config.json; keys that are missing have the defaults of transformers.
 * Throws ConfigError naming the file and the key for anything that we do not know or do not compute.
 */
export function parseImageProcessorConfig(
  json: unknown,
  source = 'preprocessor_config.json',
): ImageProcessorConfig {
  const config = parseConfig(schema, json, source);
  return {
    shortestEdge: config.size,
    filter: filters[config.resample]!,
    crop: config.crop_size,
    mean: config.image_mean,
    std: config.image_std,
    rescaleFactor: config.rescale_factor,
  };
}

/** [1, 3, crop.height, crop.width]. A transparent picture is laid on white first. */
export function pixelValues(image: Image, config: ImageProcessorConfig): FloatTensor {
  const { width, height } = config.crop;
  const { data } = cutOut(shrink(flatten(image), config), width, height);
  const plane = width * height;
  const values = new Float32Array(3 * plane);
  for (let channel = 0; channel < 3; channel++) {
    const mean = config.mean[channel]!;
    const std = config.std[channel]!;
    for (let i = 0; i < plane; i++) {
      values[channel * plane + i] = (data[i * 3 + channel]! * config.rescaleFactor - mean) / std;
    }
  }
  return floatTensor(values, [1, 3, height, width]);
}

/** The shortest side gets `shortestEdge` pixels, the other as many as keep the proportions, rounded down. */
function shrink(image: Image, { shortestEdge: edge, filter }: ImageProcessorConfig): Image {
  const { width, height } = image;
  const long = Math.floor((edge * Math.max(width, height)) / Math.min(width, height));
  return width <= height ? resize(image, edge, long, filter) : resize(image, long, edge, filter);
}

function cutOut(image: Image, width: number, height: number): Image {
  const x = Math.floor((image.width - width) / 2);
  const y = Math.floor((image.height - height) / 2);
  return crop(image, { x, y, width, height });
}
