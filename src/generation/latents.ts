/**
 * The size of latents, and the noise that a picture starts from: for one seed the same numbers as diffusers draws on
 * the CPU, whatever else is in the batch.
 */
import { InputError } from '../errors.ts';
import { randomStream } from '../random/stream.ts';
import { torchGenerator } from '../random/torch.ts';
import type { NoiseSource } from '../schedulers/scheduler.ts';

/** A whole number of at least 0 and below 2^63; beyond 2^53 - 1 as a bigint. */
export type Seed = number | bigint;

type Generator = ReturnType<typeof torchGenerator>;

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The longest side of a picture in pixels: far more than the models draw well. */
const longestSide = 4096;

/** Throws InputError, naming the nearest that can, for a size in pixels that cannot be drawn. */
export function checkSize(size: Size, factor: number): void {
  for (const side of ['width', 'height'] as const) {
    const pixels = size[side];
    if (Number.isInteger(pixels) && pixels > 0 && pixels <= longestSide && pixels % factor === 0) continue;
    throw new InputError(
      `A picture cannot have the ${side} ${pixels}: this model draws multiples of ${factor} up to ${longestSide}.`,
      `Use ${nearestSides(pixels, factor).join(' or ')}.`,
    );
  }
}

/** Throws InputError unless `shape` is that of latents of `model`: [pictures, channels, height, width], none of them 0. */
export function checkLatents(shape: readonly number[], channels: number, model: string): void {
  if (shape.length === 4 && shape[1] === channels && shape.every((side) => side >= 1)) return;
  throw new InputError(
    `A tensor of shape [${shape}] holds no latents of ${model}.`,
    `Give [pictures, ${channels}, height, width], the sides in latents.`,
  );
}

function nearestSides(pixels: number, factor: number): number[] {
  const most = Math.floor(longestSide / factor) * factor;
  const within = (side: number) => Math.min(Math.max(side, factor), most);
  if (Number.isNaN(pixels)) return [within(Math.floor(512 / factor) * factor)];
  const below = within(Math.floor(pixels / factor) * factor);
  return [...new Set([below, within(Math.ceil(pixels / factor) * factor)])];
}

/**
 * The seeds of a batch: given one, each picture takes the next, as in AUTOMATIC1111's web UI.
 * Throws InputError for a seed out of range, or a list with another number of seeds than there are pictures.
 */
export function seedsOf(seed: Seed | readonly Seed[], pictures: number): Seed[] {
  const seeds = Array.isArray(seed)
    ? (seed as readonly Seed[]).map(checkedSeed)
    : Array.from({ length: pictures }, (_, i) => checkedSeed(checkedSeed(seed as Seed) + BigInt(i)));
  if (seeds.length === pictures)
    return seeds.map((one) => (one > Number.MAX_SAFE_INTEGER ? one : Number(one)));
  throw new InputError(
    `There are ${seeds.length} seeds for ${pictures} pictures.`,
    'Give one seed for all, or one for each picture.',
  );
}

function checkedSeed(seed: Seed): bigint {
  const whole = typeof seed === 'bigint' || Number.isSafeInteger(seed);
  if (whole && seed >= 0 && seed < 2n ** 63n) return BigInt(seed);
  throw new InputError(
    `The seed ${seed} is not a whole number of at least 0 and below 2^63.`,
    'Give a seed such as 0 or 42 (larger than 2^53: as a bigint).',
  );
}

/**
 * Noise for latents [seeds, ...shape] with a generator for each picture, which goes on from draw to draw: the first
 * draw makes the initial latents, later ones are for samplers that add noise. `shape`: channels, height, width.
 *
 * Values by name are not PyTorch's, which has none.
 */
export function pictureNoise(seeds: readonly Seed[], shape: readonly number[]): NoiseSource {
  const generators = seeds.map((seed) => torchGenerator(seed));
  const size = shape.reduce((product, side) => product * side, 1);
  const each = (draw: (picture: number) => Float32Array) => {
    const noise = new Float32Array(seeds.length * size);
    for (const picture of seeds.keys()) noise.set(draw(picture), picture * size);
    return noise;
  };
  return Object.assign(() => each((picture) => (generators[picture] as Generator).randn([1, ...shape])), {
    named: (name: number) =>
      each((picture) => randomStream(seeds[picture] as Seed, 'sampler noise', name).normals(size)),
  });
}
