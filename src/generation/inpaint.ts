/**
 * Inpainting: only what a mask shows is drawn anew, the rest of a picture stays. Knows no engine.
 *
 * A model for text to picture is brought back after each step to what is to stay, noised as far as the step is (Lugmayr et al.,
 * "RePaint", arXiv 2201.09865, without its resampling; StableDiffusionInpaintPipeline of diffusers). A model that was
 * trained for inpainting reads mask and masked picture as further channels.
 */
import { InputError } from '../errors.ts';
import { flatten, type Image } from '../pictures/image.ts';
import { type FloatTensor, floatTensor } from '../runtime/tensor.ts';
import type { Sampler } from '../schedulers/scheduler.ts';
import type { Unet } from './guidance.ts';

/** A pixel of this brightness or more is drawn anew. */
const threshold = 128;

/** How much of each pixel is drawn anew, 0 to 255: the brightness of a picture laid on black. */
function brightness(mask: Image): Uint8Array {
  const { width, height, data } = flatten(mask, [0, 0, 0]);
  return Uint8Array.from({ length: width * height }, (_, i) => {
    return Math.round(0.299 * data[3 * i]! + 0.587 * data[3 * i + 1]! + 0.114 * data[3 * i + 2]!);
  });
}

/** Throws InputError if the mask has another size than the picture. */
export function checkMask(mask: Image, picture: Image): void {
  if (mask.width === picture.width && mask.height === picture.height) return;
  throw new InputError(
    `The mask has ${mask.width}x${mask.height} pixels, but the picture ${picture.width}x${picture.height}.`,
    'Draw the mask on the picture: white where it is to be drawn anew, black where it stays.',
  );
}

/** 1 where latents are drawn anew, 0 where they stay: [1, 1, height / factor, width / factor]. */
export function latentMask(mask: Image, factor: number): FloatTensor {
  const [height, width] = [mask.height / factor, mask.width / factor];
  const pixels = brightness(mask);
  // The pixel in the upper left corner of each latent decides, as in diffusers.
  const values = Float32Array.from({ length: height * width }, (_, i) => {
    const [y, x] = [Math.floor(i / width) * factor, (i % width) * factor];
    return (pixels[y * mask.width + x] as number) >= threshold ? 1 : 0;
  });
  return floatTensor(values, [1, 1, height, width]);
}

/** The picture with grey, 0 for the model, where the mask has it drawn anew. `picture`: [1, 3, height, width]. */
export function maskedPicture({ data, shape }: FloatTensor, mask: Image): FloatTensor {
  const pixels = brightness(mask);
  const kept = data.map((value, i) => ((pixels[i % pixels.length] as number) >= threshold ? 0 : value));
  return floatTensor(kept, shape);
}

/** `latents` where the mask is 1, `original` where it is 0; both [batch, channels, h, w]. */
function mix(latents: FloatTensor, original: Float32Array, mask: FloatTensor): FloatTensor {
  const plane = mask.data.length;
  const mixed = latents.data.map((value, i) => {
    const share = mask.data[i % plane] as number;
    return share * value + (1 - share) * (original[i] as number);
  });
  return floatTensor(mixed, latents.shape);
}

/**
 * For `sample`: puts back, after each model call, what the mask leaves of `original` [batch, channels, h, w], with `noise` as
 * strong as the next call expects it.
 */
export function keepOutside(
  sampler: Sampler,
  original: Float32Array,
  noise: Float32Array,
  mask: FloatTensor,
): (latents: FloatTensor, call: number) => FloatTensor {
  return (latents, call) => {
    const next = sampler.timesteps[call + 1];
    return mix(latents, next === undefined ? original : sampler.addNoise(original, noise, next), mask);
  };
}

/**
 * A U-Net trained for inpainting as one for latents alone: it reads latents, mask and masked latents, side by side as channels.
 * `masked`: [1 or batch, channels, h, w], scaled.
 */
export function withMask(unet: Unet, mask: FloatTensor, masked: FloatTensor): Unet {
  return (latents, timestep, states) => {
    const [batch = 0, channels = 0, height = 0, width = 0] = latents.shape;
    const plane = height * width;
    const wide = new Float32Array(batch * (2 * channels + 1) * plane);
    for (let i = 0; i < batch; i++) {
      const start = i * (2 * channels + 1) * plane;
      const size = channels * plane;
      const of = i % (masked.shape[0] as number);
      wide.set(latents.data.subarray(i * size, (i + 1) * size), start);
      wide.set(mask.data, start + size);
      wide.set(masked.data.subarray(of * size, (of + 1) * size), start + size + plane);
    }
    return unet(floatTensor(wide, [batch, 2 * channels + 1, height, width]), timestep, states);
  };
}

/** Puts drawn pictures into `original`: where the mask is white; it stays to the byte where that is black, mixed between. */
export function pasteInto(original: Image, mask: Image): (drawn: Image) => Image {
  const pixels = brightness(mask);
  const below = flatten(original);
  return (drawn) => {
    const above = flatten(drawn);
    const data = Uint8Array.from(below.data, (value, i) => {
      const share = pixels[Math.floor(i / 3)] as number;
      return Math.round((value * (255 - share) + (above.data[i] as number) * share) / 255);
    });
    return { width: below.width, height: below.height, channels: 3, data };
  };
}
