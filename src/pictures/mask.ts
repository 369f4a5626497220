/**
 * Masks, pictures whose brightness says how much of each pixel is meant: turning them round and softening their edges.
 */
import { InputError } from '../errors.ts';
import { flatten, type Image } from './image.ts';

/** Beyond this many standard deviations a Gaussian weighs next to nothing. */
const reach = 3;

/** Black for white and white for black; transparent pixels count as black. */
export function inverted(mask: Image): Image {
  const { width, height, data } = flatten(mask, [0, 0, 0]);
  return { width, height, channels: 3, data: data.map((value) => 255 - value) };
}

/** Blurred by a Gaussian of standard deviation `sigma` pixels; the edge pixels go on outside. Throws InputError below 0. */
export function blurred(mask: Image, sigma: number): Image {
  if (!(sigma >= 0 && sigma <= 1000)) {
    throw new InputError(`A mask cannot be blurred by ${sigma} pixels.`, 'Use 0 or more, such as 4.');
  }
  if (sigma === 0) return mask;
  const { width, height, data } = flatten(mask, [0, 0, 0]);
  const weights = gaussian(sigma);
  const rows = blurLines(Float64Array.from(data), weights, {
    lines: height,
    length: width,
    line: 3 * width,
    next: 3,
  });
  const both = blurLines(rows, weights, { lines: width, length: height, line: 3, next: 3 * width });
  return { width, height, channels: 3, data: Uint8Array.from(both, Math.round) };
}

/** Weights from -reach to reach standard deviations, which sum to 1. */
function gaussian(sigma: number): number[] {
  const radius = Math.ceil(reach * sigma);
  const weights = Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-(((i - radius) / sigma) ** 2) / 2),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** Where the pixels of RGB lines lie: how many lines of how many pixels, and how far apart each. */
interface Lines {
  readonly lines: number;
  readonly length: number;
  readonly line: number;
  readonly next: number;
}

function blurLines(
  data: Float64Array,
  weights: readonly number[],
  { lines, length, line, next }: Lines,
): Float64Array {
  const radius = (weights.length - 1) / 2;
  const out = new Float64Array(data.length);
  for (let i = 0; i < lines; i++) {
    for (let at = 0; at < length; at++) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (const [k, weight] of weights.entries()) {
          const from = Math.min(Math.max(at + k - radius, 0), length - 1);
          sum += weight * (data[i * line + from * next + channel] as number);
        }
        out[i * line + at * next + channel] = sum;
      }
    }
  }
  return out;
}
