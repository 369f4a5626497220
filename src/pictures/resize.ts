/**
 * Changing the size of pictures: nearest for enlarging tiny ones, box and Lanczos for shrinking, bicubic for the models
 * that were trained on it.
 *
 * Box, bicubic and Lanczos reproduce Pillow's `Image.resize` bit for bit (fixed-point weights, 8-bit values between
 * the passes, premultiplied alpha), because the picture sheets and scores that we compare with were made
 * by it. Knows no file format.
 */
import { InputError } from '../errors.ts';
import type { Image } from './image.ts';

export type ResizeFilter = 'lanczos' | 'bicubic' | 'box';

/** A filter kernel: zero outside [-support, support]. */
interface Kernel {
  readonly support: number;
  readonly weight: (x: number) => number;
}

const kernels: Record<ResizeFilter, Kernel> = {
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bicubic: { support: 2, weight: cubic },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Keys, "Cubic convolution interpolation for digital image processing", 1981, with a = -1/2. */
function cubic(x: number): number {
  const d = Math.abs(x);
  if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
  return d < 2 ? (((d - 5) * d + 8) * d - 4) * -0.5 : 0;
}

/** For each output sample, the first input sample it reads and the fixed-point weights from there on. */
interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

/** 8 bits for the value and 2 for overshoot leave 22 of 32 for the fraction: Pillow's choice. */
const one = 2 ** 22;

/**
 * Picture of `width` x `height`, resampled in two passes (rows, then columns). When shrinking, the kernel is
 * widened by the factor, so that it averages instead of skipping pixels. RGBA is resampled with premultiplied
 * alpha, so that invisible colours do not bleed into edges.
 *
 * Lanczos-3 windowed sinc: Duchon, "Lanczos filtering in one and two dimensions", 1979.
 *
 * @throws InputError when a size is not a positive whole number
 */
export function resize(image: Image, width: number, height: number, filter: ResizeFilter = 'lanczos'): Image {
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) {
    throw new InputError(`A picture cannot be ${width}x${height} pixels.`, 'Give positive whole numbers.');
  }
  const kernel = kernels[filter];
  let { data } = image.channels === 4 ? premultiply(image) : image;
  if (width !== image.width) data = resampleRows(data, image, taps(image.width, width, kernel));
  if (height !== image.height) {
    data = resampleColumns(data, width * image.channels, taps(image.height, height, kernel));
  }
  const resized: Image = { width, height, channels: image.channels, data: data.slice() };
  return image.channels === 4 ? unpremultiply(resized) : resized;
}

/** Each pixel becomes a square of `factor` x `factor` pixels. */
export function enlarge(image: Image, factor: number): Image {
  if (!(Number.isInteger(factor) && factor > 0)) {
    throw new InputError(`A picture cannot be enlarged ${factor} times.`, 'Give a positive whole number.');
  }
  const { channels } = image;
  const width = image.width * factor;
  const height = image.height * factor;
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / factor) * image.width;
    for (let x = 0; x < width; x++) {
      const source = (row + Math.floor(x / factor)) * channels;
      const target = (y * width + x) * channels;
      for (let channel = 0; channel < channels; channel++) {
        data[target + channel] = image.data[source + channel]!;
      }
    }
  }
  return { width, height, channels, data };
}

function taps(from: number, to: number, { support, weight }: Kernel): Taps[] {
  const scale = from / to;
  const stretch = Math.max(1, scale);
  const reach = support * stretch;
  return Array.from({ length: to }, (_, index) => {
    const center = (index + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - reach + 0.5));
    const end = Math.min(from, Math.trunc(center + reach + 0.5));
    const raw = Array.from({ length: end - first }, (_, i) => weight((first + i - center + 0.5) / stretch));
    const sum = raw.reduce((total, value) => total + value, 0);
    return { first, weights: Float64Array.from(raw, (value) => roundAwayFromZero((value / sum) * one)) };
  });
}

function roundAwayFromZero(value: number): number {
  return Math.trunc(value + Math.sign(value) * 0.5);
}

function toByte(sum: number): number {
  return Math.min(255, Math.max(0, Math.floor((sum + one / 2) / one)));
}

function resampleRows(data: Image['data'], { width, height, channels }: Image, columns: Taps[]): Uint8Array {
  const result = new Uint8Array(height * columns.length * channels);
  let target = 0;
  for (let y = 0; y < height; y++) {
    for (const { first, weights } of columns) {
      for (let channel = 0; channel < channels; channel++) {
        let source = (y * width + first) * channels + channel;
        let sum = 0;
        for (const weight of weights) {
          sum += weight * data[source]!;
          source += channels;
        }
        result[target++] = toByte(sum);
      }
    }
  }
  return result;
}

function resampleColumns(data: Image['data'], stride: number, rows: Taps[]): Uint8Array {
  const result = new Uint8Array(rows.length * stride);
  let target = 0;
  for (const { first, weights } of rows) {
    for (let x = 0; x < stride; x++) {
      let source = first * stride + x;
      let sum = 0;
      for (const weight of weights) {
        sum += weight * data[source]!;
        source += stride;
      }
      result[target++] = toByte(sum);
    }
  }
  return result;
}

function premultiply(image: Image): Image {
  return mapColors(image, (color, alpha) => Math.round((color * alpha) / 255));
}

/** Fully transparent pixels keep their (zero) colour. Truncates, as Pillow does. */
function unpremultiply(image: Image): Image {
  return mapColors(image, (color, alpha) =>
    alpha === 0 ? color : Math.min(255, Math.trunc((255 * color) / alpha)),
  );
}

function mapColors(image: Image, change: (color: number, alpha: number) => number): Image {
  const data = new Uint8Array(image.data);
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3]!;
    for (let channel = i; channel < i + 3; channel++) data[channel] = change(data[channel]!, alpha);
  }
  return { ...image, data };
}
