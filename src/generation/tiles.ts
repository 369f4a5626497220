/**
 * Large pictures through the autoencoder in tiles: its memory grows with the area, and its attention with the square of it.
 *
 * Tiles overlap and fade into one another. Each is normalised on its own, so colours may differ a little from those of the
 * whole; diffusers' `enable_vae_tiling` has the same limit. Knows no engine.
 */
import { type FloatTensor, floatTensor } from '../runtime/tensor.ts';

export interface Tiling {
  /** Side of a tile in the input's units; all tiles have it, so that one session serves them. */
  readonly tile: number;
  /** How far neighbours overlap at least. */
  readonly overlap: number;
  /** Tiles begin at multiples of this: the pixels of a latent, where a picture is encoded. */
  readonly unit?: number;
  /** An input whose sides are no longer than this is run in one piece; as long as a tile by default. */
  readonly whole?: number;
}

/** Where tiles begin along a side of `length`: evenly, the last one ends with the side. */
export function tileStarts(length: number, { tile, overlap, unit = 1 }: Tiling): number[] {
  if (length <= tile) return [0];
  const count = Math.ceil((length - overlap) / (tile - overlap));
  const distance = (length - tile) / (count - 1);
  return Array.from({ length: count }, (_, i) => Math.round((i * distance) / unit) * unit);
}

/**
 * `run` on tiles of `input` [1, channels, height, width]. `run` turns a tile [1, channels, h, w] into
 * [1, any, h * scale, w * scale]; so does the whole.
 */
export async function runTiled(
  input: FloatTensor,
  scale: number,
  tiling: Tiling,
  run: (tile: FloatTensor) => Promise<FloatTensor>,
): Promise<FloatTensor> {
  const [, , height = 0, width = 0] = input.shape;
  const { tile, whole = tile } = tiling;
  if (Math.max(height, width) <= whole) return run(input);
  const [tileHeight, tileWidth] = [Math.min(tile, height), Math.min(tile, width)];
  const fade = tiling.overlap * scale;
  let sum: Canvas | undefined;
  for (const top of tileStarts(height, tiling)) {
    for (const left of tileStarts(width, tiling)) {
      const part = await run(cut(input, top, left, tileHeight, tileWidth));
      sum ??= canvas(part.shape[1] as number, height * scale, width * scale);
      paint(sum, part, top * scale, left * scale, fade);
    }
  }
  return finished(sum as Canvas);
}

/** Weighted sums of what was painted, and the weights. */
interface Canvas {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly values: Float32Array;
  readonly weights: Float32Array;
}

function canvas(channels: number, height: number, width: number): Canvas {
  const plane = height * width;
  const [values, weights] = [new Float32Array(channels * plane), new Float32Array(plane)];
  return { channels, height, width, values, weights };
}

/** Tiles count less towards an edge that another tile covers, and never nothing. */
function paint(canvas: Canvas, part: FloatTensor, top: number, left: number, fade: number): void {
  const [, , rows = 0, columns = 0] = part.shape;
  const down = ramp(rows, fade, top > 0, top + rows < canvas.height);
  const across = ramp(columns, fade, left > 0, left + columns < canvas.width);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const weight = (down[y] as number) * (across[x] as number);
      const at = (top + y) * canvas.width + left + x;
      canvas.weights[at] = (canvas.weights[at] as number) + weight;
      for (let channel = 0; channel < canvas.channels; channel++) {
        const target = channel * canvas.height * canvas.width + at;
        const value = part.data[(channel * rows + y) * columns + x] as number;
        canvas.values[target] = (canvas.values[target] as number) + weight * value;
      }
    }
  }
}

/** Weights along a side: rising over `fade` from an edge that has a neighbour, and falling towards one. */
function ramp(length: number, fade: number, before: boolean, after: boolean): Float32Array {
  const rise = (distance: number) => Math.min(1, (distance + 1) / (fade + 1));
  return Float32Array.from({ length }, (_, i) => {
    const first = before ? rise(i) : 1;
    return Math.min(first, after ? rise(length - 1 - i) : 1);
  });
}

function finished({ channels, height, width, values, weights }: Canvas): FloatTensor {
  const data = values.map((value, i) => value / (weights[i % weights.length] as number));
  return floatTensor(data, [1, channels, height, width]);
}

function cut(
  { data, shape }: FloatTensor,
  top: number,
  left: number,
  height: number,
  width: number,
): FloatTensor {
  const [, channels = 0, rows = 0, columns = 0] = shape;
  const part = new Float32Array(channels * height * width);
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < height; y++) {
      const from = (channel * rows + top + y) * columns + left;
      part.set(data.subarray(from, from + width), (channel * height + y) * width);
    }
  }
  return floatTensor(part, [1, channels, height, width]);
}
