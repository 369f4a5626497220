/**
 * The colours of latents without any decoder, one pixel a latent: coarse, but for nothing. Only for the autoencoder of
 * Stable Diffusion v1. Knows no engine.
 */
import { type Image, imagesFromTensor } from '../pictures/image.ts';
import type { FloatTensor } from '../runtime/tensor.ts';

/**
 * Red, green and blue, in [-1, 1], by each channel of latents as the denoiser has them: the least-squares fit that
 * ComfyUI and others publish for this autoencoder.
 */
const factors = [
  [0.3512, 0.2297, 0.3227],
  [0.325, 0.4974, 0.235],
  [-0.2829, 0.1762, 0.2721],
  [-0.212, -0.2616, -0.7177],
] as const;

/** Latents [pictures, 4, h, w] as the denoiser has them, to pictures of w x h pixels. */
export function latentColors({ data, shape }: FloatTensor): Image[] {
  const [pictures = 0, channels = 0, height = 0, width = 0] = shape;
  const plane = height * width;
  const colors = new Float32Array(pictures * 3 * plane);
  for (let i = 0; i < colors.length; i++) {
    const [picture, color, pixel] = [Math.floor(i / (3 * plane)), Math.floor(i / plane) % 3, i % plane];
    colors[i] = factors.reduce(
      (sum, factor, channel) =>
        sum + (factor[color] as number) * (data[(picture * channels + channel) * plane + pixel] as number),
      0,
    );
  }
  return imagesFromTensor(colors, [pictures, 3, height, width]);
}
