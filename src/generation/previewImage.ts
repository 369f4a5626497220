/**
 * What a picture would be if the prediction of a step were right, by whatever shows that soonest. Knows no engine.
 */
import { type Image, imagesFromTensor } from '../pictures/image.ts';
import { resize } from '../pictures/resize.ts';
import { type FloatTensor, floatTensor } from '../runtime/tensor.ts';
import { latentColors } from './latentColors.ts';
import type { Pipeline } from './pipeline.ts';
import type { PreviewDecoder } from './previewDecoder.ts';

/** Pictures up to this side are decoded by the VAE itself, which is quick enough for them. */
const smallSide = 128;

/**
 * Picture number `index` of latents [pictures, channels, h, w] as the denoiser has them: by TAESD, or by the VAE where that
 * is quick, or by the colours of the latents; as large as the picture.
 */
export async function previewOf(
  pipeline: Pick<Pipeline, 'factor' | 'decode'>,
  decoder: PreviewDecoder | undefined,
  all: FloatTensor,
  index = 0,
): Promise<Image> {
  const latents = oneOf(all, index);
  const [, channels = 0, height = 0, width = 0] = latents.shape;
  const { factor } = pipeline;
  if (decoder) {
    const { data, shape } = await decoder.decode(latents);
    return imagesFromTensor(data, shape)[0] as Image;
  }
  const isSmall = Math.max(height, width) * factor <= smallSide;
  if (isSmall || channels !== 4 || factor !== 8) return (await pipeline.decode(latents))[0] as Image;
  return resize(latentColors(latents)[0] as Image, width * factor, height * factor, 'bicubic');
}

function oneOf({ data, shape }: FloatTensor, index: number): FloatTensor {
  const size = data.length / (shape[0] ?? 1);
  return floatTensor(data.slice(index * size, (index + 1) * size), [1, ...shape.slice(1)]);
}
