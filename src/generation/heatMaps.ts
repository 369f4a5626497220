/**
 * Which part of a picture reads which token, added up over a whole run: DAAM (Tang et al., "What the DAAM", arXiv
 * 2210.04885), with the difference that all maps are enlarged once, after they were added up, which changes nothing since
 * enlarging is linear.
 *
 * Pure: maps in, maps out. Knows no model and no colour.
 */
import { InputError } from '../errors.ts';
import type { FloatTensor } from '../runtime/tensor.ts';

/**
 * The maps of one text [1, tokens, channels] at one moment of a run, [1, tokens, h, w] for each size at which the U-Net reads
 * the text: sums over the attentions of that size, so that each place sums to their number.
 */
export type ReadAttention = (
  latents: FloatTensor,
  timestep: number,
  states: FloatTensor,
) => Promise<readonly FloatTensor[]>;

export interface HeatMaps {
  readonly width: number;
  readonly height: number;
  /** For each token, or group of them, [height * width]; at each place they sum to 1. */
  readonly maps: readonly Float32Array[];
}

export interface HeatMapSum {
  /** What `ReadAttention` gave for one moment. */
  add(maps: readonly FloatTensor[]): void;
  /** The mean over moments and attentions, as large as the picture. Throws InputError if nothing was added. */
  mean(width: number, height: number): HeatMaps;
}

interface Size {
  readonly width: number;
  readonly height: number;
  /** [tokens * height * width] */
  readonly sum: Float64Array;
}

/** Adds up the maps of a run. */
export function heatMapSum(): HeatMapSum {
  const sizes = new Map<string, Size>();
  let tokens = 0;
  return {
    add(maps) {
      for (const { shape, data } of maps) {
        const [, count = 0, height = 0, width = 0] = shape;
        const key = `${height}x${width}`;
        const size = sizes.get(key) ?? { width, height, sum: new Float64Array(data.length) };
        sizes.set(key, size);
        tokens = count;
        for (let i = 0; i < data.length; i++) size.sum[i]! += data[i] as number;
      }
    },
    mean(width, height) {
      if (tokens === 0)
        throw new InputError('There are no attention maps.', 'Add those of at least one step.');
      const all = [...sizes.values()];
      const attentions = all.reduce((total, { sum, ...size }) => {
        return total + sum.reduce((a, b) => a + b, 0) / (size.width * size.height);
      }, 0);
      const maps = Array.from({ length: tokens }, (_, token) => {
        const map = new Float32Array(width * height);
        for (const size of all) addEnlarged(map, width, height, size, token, 1 / attentions);
        return map;
      });
      return { width, height, maps };
    },
  };
}

/** Adds `factor` times the map of a token, enlarged bilinearly; beyond the centres of the outermost places it is level. */
function addEnlarged(
  map: Float32Array,
  width: number,
  height: number,
  { sum, ...from }: Size,
  token: number,
  factor: number,
): void {
  const start = token * from.width * from.height;
  const columns = between(from.width, width);
  for (const [y, row] of between(from.height, height).entries()) {
    const [above, below] = [row.first, row.second].map((at) => start + at * from.width) as [number, number];
    const at = (column: number) =>
      (1 - row.share) * (sum[above + column] as number) + row.share * (sum[below + column] as number);
    for (const [x, { first, second, share }] of columns.entries()) {
      map[y * width + x]! += factor * ((1 - share) * at(first) + share * at(second));
    }
  }
}

/** For each of `to` samples the two of `from` that it lies between, and how near it is to the second one. */
function between(from: number, to: number): { first: number; second: number; share: number }[] {
  return Array.from({ length: to }, (_, i) => {
    const center = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    const first = Math.floor(center);
    return { first, second: Math.min(from - 1, first + 1), share: center - first };
  });
}

/** The sums of the maps of each group of tokens. */
export function grouped({ maps, ...size }: HeatMaps, groups: readonly (readonly number[])[]): HeatMaps {
  return {
    ...size,
    maps: groups.map((tokens) => {
      const map = new Float32Array(size.width * size.height);
      for (const token of tokens) {
        for (let i = 0; i < map.length; i++) map[i]! += maps[token]?.[i] ?? 0;
      }
      return map;
    }),
  };
}

/** The part of all reading that goes to a map, 0 to 1. */
export function shareOf(map: Float32Array): number {
  return map.reduce((sum, value) => sum + value, 0) / map.length;
}
