/**
 * Pictures as plain bytes, and the way from and to a generator's tensors.
 *
 * Knows no file format, no model and no graph.
 */
import { InputError } from '../errors.ts';
import { type FloatTensor, floatTensor } from '../runtime/tensor.ts';

/**
 * 8-bit picture, rows from the top, samples interleaved: `data.length === width * height * channels`.
 *
 * `channels` 3 is RGB, which everything that we generate has; 4 is RGBA with straight (not premultiplied)
 * alpha, as PNG files hold it.
 */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
  readonly data: Uint8Array | Uint8ClampedArray;
}

export type Color = readonly [red: number, green: number, blue: number];

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A picture of one colour (RGB). */
export function solid(width: number, height: number, color: Color): Image {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i += 3) data.set(color, i);
  return { width, height, channels: 3, data };
}

/**
 * The pictures of a decoder's output.
 *
 * @param data [batch, 3, height, width], values in [-1, 1]; what lies outside is clamped, NaN becomes 0
 * @returns `batch` RGB pictures, round(255 * clamp(x / 2 + 0.5, 0, 1)), halves to even as NumPy rounds
 * @throws InputError when the shape is not [batch, 3, height, width] or does not fit the data
 */
export function imagesFromTensor(data: Float32Array, shape: readonly number[]): Image[] {
  const [batch = 0, channels = 0, height = 0, width = 0] = shape;
  if (shape.length !== 4 || channels !== 3 || batch * 3 * height * width !== data.length) {
    throw new InputError(
      `A tensor of shape [${shape}] with ${data.length} values is no batch of RGB pictures.`,
      'Give [batch, 3, height, width], as the VAE decoder returns it.',
    );
  }
  const plane = height * width;
  return Array.from({ length: batch }, (_, index) => {
    const pixels = new Uint8ClampedArray(plane * 3);
    for (let channel = 0; channel < 3; channel++) {
      const start = (index * 3 + channel) * plane;
      for (let i = 0; i < plane; i++) {
        // A clamped array clamps and rounds halves to even on assignment; fround keeps float32 arithmetic.
        pixels[i * 3 + channel] = Math.fround(255 * Math.fround(data[start + i]! / 2 + 0.5));
      }
    }
    return { width, height, channels: 3, data: pixels };
  });
}

/**
 * A picture as a generator reads it: [1, 3, height, width], 2 * value / 255 - 1.
 * A transparent picture is laid on white first.
 */
export function tensorFromImage(image: Image): FloatTensor {
  const { width, height, data } = flatten(image);
  const plane = width * height;
  const values = new Float32Array(3 * plane);
  for (let i = 0; i < plane; i++) {
    for (let channel = 0; channel < 3; channel++) {
      values[channel * plane + i] = (2 * data[i * 3 + channel]!) / 255 - 1;
    }
  }
  return floatTensor(values, [1, 3, height, width]);
}

/**
 * The part of a picture inside a rectangle.
 * @throws InputError when the rectangle reaches outside the picture
 */
export function crop(image: Image, { x, y, width, height }: Rectangle): Image {
  if (x < 0 || y < 0 || width < 1 || height < 1 || x + width > image.width || y + height > image.height) {
    throw new InputError(
      `The rectangle ${width}x${height} at (${x}, ${y}) is not inside a picture of ${image.width}x${image.height}.`,
      'Choose a rectangle inside the picture.',
    );
  }
  const stride = width * image.channels;
  const data = new Uint8Array(height * stride);
  for (let row = 0; row < height; row++) {
    const start = ((y + row) * image.width + x) * image.channels;
    data.set(image.data.subarray(start, start + stride), row * stride);
  }
  return { width, height, channels: image.channels, data };
}

/**
 * `top` laid over the RGB picture `base` with its upper left corner at (x, y); what hangs over is cut off.
 * Returns a new picture; an RGBA `base` is laid on white first.
 */
export function paste(base: Image, top: Image, x: number, y: number): Image {
  const below = flatten(base);
  const data = new Uint8Array(below.data);
  const firstRow = Math.max(0, -y);
  const lastRow = Math.min(top.height, below.height - y);
  const firstColumn = Math.max(0, -x);
  const lastColumn = Math.min(top.width, below.width - x);
  for (let row = firstRow; row < lastRow; row++) {
    for (let column = firstColumn; column < lastColumn; column++) {
      const source = (row * top.width + column) * top.channels;
      const target = ((y + row) * below.width + x + column) * 3;
      const alpha = top.channels === 4 ? top.data[source + 3]! : 255;
      for (let channel = 0; channel < 3; channel++) {
        const mixed = data[target + channel]! * (255 - alpha) + top.data[source + channel]! * alpha;
        data[target + channel] = Math.round(mixed / 255);
      }
    }
  }
  return { width: below.width, height: below.height, channels: 3, data };
}

/** The picture as RGB: transparent parts show `background`. An RGB picture is returned as it is. */
export function flatten(image: Image, background: Color = [255, 255, 255]): Image {
  if (image.channels === 3) return image;
  return paste(solid(image.width, image.height, background), image, 0, 0);
}
