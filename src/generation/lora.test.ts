/**
 * A model with a LoRA computes what the model with the LoRA merged into its weights computes.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { float32ToHalf, halfToFloat32 } from '../checkpoint/half.ts';
import { openStableDiffusion } from '../checkpoint/stableDiffusion.ts';
import { openTextEncoder } from '../encoders/textEncoder.ts';
import { targetsOf } from '../lora/load.ts';
import type { LoraFile } from '../lora/open.ts';
import {
  layersOf,
  loraChanges,
  loraDelta,
  type Merged,
  mergeInto,
  randomFactors,
  type TestChange,
} from '../lora/testing/changes.ts';
import {
  attentionProcessors,
  diffusers,
  kohya,
  kohyaLdm,
  type Naming,
  peft,
  peftModel,
  writeLora,
} from '../lora/testing/files.ts';
import { parseUNetConfig } from '../models/unetConfig.ts';
import type { Image } from '../pictures/image.ts';
import { parseParameters } from '../pictures/parameters.ts';
import { decodePng } from '../pictures/png.ts';
import { torchGenerator } from '../random/torch.ts';
import { openRuntime } from '../runtime/node.ts';
import { floatTensor } from '../runtime/tensor.ts';
import { openPipeline } from './open.ts';
import { pictureFile } from './picture.ts';

const base = 'models/emoji-sd/model';
const runtime = await openRuntime('cpu');
const folder = await mkdtemp(join(tmpdir(), 'ksd-lora-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const model = await openStableDiffusion(base);
const targets = targetsOf(model.textEncoder, parseUNetConfig(model.unet.config));
const attention = layersOf(
  targets,
  ({ layer }) => /\.to_(q|k|v|out\.0)$|_proj$/.test(layer) && !/time_emb/.test(layer),
);
const everything = layersOf(targets, () => true);
/** Some of each kind. */
const some = layersOf(targets, ({ layer }) => /^(mid_block|down_blocks\.1)|layers\.[01]\./.test(layer));

let count = 0;
const place = () => join(folder, String(count++));

/** Latents after two steps, of the prompt's own words and of the negative ones. */
async function latentsOf(path: string, loras: readonly LoraFile[] = []): Promise<Float32Array> {
  const pipeline = await openPipeline(runtime, path, { loras });
  const run = pipeline.generate({ prompt: 'a red apple', seed: 3, steps: 2, guidance: 3 });
  try {
    for (;;) {
      const next = await run.next();
      if (next.done) return next.value.latents.data;
    }
  } finally {
    await pipeline.dispose();
  }
}

/** The same of a checkpoint with the changes in its weights. */
async function latentsMerged(merged: readonly Merged[]): Promise<Float32Array> {
  const path = place();
  await mergeInto(base, path, merged);
  return latentsOf(path);
}

const times = (changes: readonly TestChange[], multiplier = 1, textMultiplier = multiplier): Merged[] =>
  changes.map((change) => ({
    ...change,
    delta: loraDelta(change).map((value) => value * (change.part === 'unet' ? multiplier : textMultiplier)),
  }));

async function written(
  changes: readonly TestChange[],
  naming: Naming,
  dtype?: 'F32' | 'F16',
): Promise<string> {
  const path = `${place()}.safetensors`;
  await writeLora(path, changes, naming, dtype);
  return path;
}

/** Largest difference, as a part of the largest value. */
function difference(a: Float32Array, b: Float32Array): number {
  const largest = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0) / largest;
}

let plain: Float32Array;
beforeAll(async () => {
  plain = await latentsOf(base);
});

/** Beyond the rounding of two orders of summation. */
const tolerance = 1e-5;

describe('a LoRA of all attention layers', () => {
  const changes = loraChanges(attention, { alpha: 2 });
  const withoutAlpha = changes.map(({ factors: { alpha, ...factors }, ...rest }) => ({ ...rest, factors }));
  let [expected, unscaled]: Float32Array[] = [];
  beforeAll(async () => {
    expected = await latentsMerged(times(changes));
    unscaled = await latentsMerged(times(withoutAlpha));
  });

  test.each([
    ['kohya', kohya],
    ['kohya with the names of CompVis', kohyaLdm(targets.ldmNames)],
    ['PEFT in diffusers', peft],
    ['PEFT alone', peftModel],
    ['diffusers', diffusers],
  ])("gives the merged weights' result under the names of %s", async (_, naming) => {
    const latents = await latentsOf(base, [{ path: await written(changes, naming) }]);
    expect(difference(latents, expected!)).toBeLessThan(tolerance);
    expect(difference(latents, plain)).toBeGreaterThan(0.01);
  });

  test('gives it under the names of attention processors, where no alpha is a scale of 1', async () => {
    const latents = await latentsOf(base, [{ path: await written(withoutAlpha, attentionProcessors) }]);
    expect(difference(latents, unscaled!)).toBeLessThan(tolerance);
    expect(difference(latents, expected!)).toBeGreaterThan(0.01);
  });
});

test("PEFT's config tells the alpha that its tensors do not", async () => {
  const changes = loraChanges(
    attention.filter(({ part }) => part === 'unet'),
    { seed: 9 },
  );
  const at = await mkdtemp(join(folder, 'peft-'));
  const path = join(at, 'adapter_model.safetensors');
  await writeLora(path, changes, peftModel);
  const config = { peft_type: 'LORA', r: 4, lora_alpha: 6, alpha_pattern: { to_q: 2 }, use_rslora: true };
  await writeFile(join(at, 'adapter_config.json'), JSON.stringify(config));
  const inside = `${place()}.safetensors`;
  const metadata = Object.fromEntries(Object.entries(config).map(([key, value]) => [`unet.${key}`, value]));
  await writeLora(inside, changes, peft, 'F32', { lora_adapter_metadata: JSON.stringify(metadata) });
  // alpha / sqrt(rank), and the rank is 4.
  const merged = changes.map((change) => ({
    ...change,
    delta: loraDelta(change).map((value) => (value * (change.layer.endsWith('to_q') ? 2 : 6)) / 2),
  }));
  const expected = await latentsMerged(merged);
  expect(difference(await latentsOf(base, [{ path }]), expected)).toBeLessThan(tolerance);
  expect(difference(await latentsOf(base, [{ path: inside }]), expected)).toBeLessThan(tolerance);
});

test('a LoRA of every layer changes convolutions of every window and stride too', async () => {
  const changes = loraChanges(everything, { seed: 2 });
  const latents = await latentsOf(base, [{ path: await written(changes, kohya) }]);
  expect(difference(latents, await latentsMerged(times(changes)))).toBeLessThan(tolerance);
});

test('several LoRAs add up, each with its multipliers of U-Net and text encoder', async () => {
  const [one, two] = [
    loraChanges(attention, { seed: 3, alpha: 4 }),
    loraChanges(everything, { seed: 4, rank: 2, alpha: 1 }),
  ];
  const latents = await latentsOf(base, [
    { path: await written(one, kohya), multiplier: 0.7, textMultiplier: -0.4 },
    { path: await written(two, peft), multiplier: 0.5 },
  ]);
  const merged = await latentsMerged([...times(one, 0.7, -0.4), ...times(two, 0.5)]);
  expect(difference(latents, merged)).toBeLessThan(tolerance);
});

test('a multiplier of 0 changes no bit', async () => {
  const path = await written(loraChanges(everything), kohya);
  expect(await latentsOf(base, [{ path, multiplier: 0 }])).toEqual(plain);
});

test('a file in F16 is what its rounded numbers are', async () => {
  const changes = loraChanges(attention, { seed: 5, alpha: 3 });
  const rounded = changes.map((change) => ({
    ...change,
    factors: Object.fromEntries(
      Object.entries(change.factors).map(([role, { data, shape }]) => [
        role,
        { data: halfToFloat32(float32ToHalf(data)), shape },
      ]),
    ),
  }));
  const latents = await latentsOf(base, [{ path: await written(changes, kohya, 'F16') }]);
  expect(difference(latents, await latentsMerged(times(rounded)))).toBeLessThan(tolerance);
});

/** A middle between `down` and `up`, on the layers with a window. */
function tucker(): readonly (TestChange & Merged)[] {
  const factor = randomFactors(6, 0.2);
  return some
    .filter(({ shape }) => shape.length === 4)
    .map(({ shape, ...where }) => {
      const [out, inputs, side] = shape as [number, number, number];
      const rank = 3;
      const factors = {
        down: factor(rank, inputs, 1, 1),
        mid: factor(rank, rank, side, side),
        up: factor(out, rank, 1, 1),
      };
      const pixels = side * side;
      const delta = new Float64Array(out * inputs * pixels);
      delta.forEach((_, at) => {
        const [o, i, pixel] = [
          Math.floor(at / (inputs * pixels)),
          Math.floor(at / pixels) % inputs,
          at % pixels,
        ];
        for (let k = 0; k < rank; k++) {
          for (let l = 0; l < rank; l++) {
            delta[at]! +=
              factors.up.data[o * rank + k]! *
              factors.mid.data[(k * rank + l) * pixels + pixel]! *
              factors.down.data[l * inputs + i]!;
          }
        }
      });
      return { ...where, shape, factors, delta };
    });
}

/** (a1 b1) ∘ (a2 b2), of every layer. */
function loha(rank: number): readonly (TestChange & Merged)[] {
  const factor = randomFactors(7, 0.3);
  return some.map(({ shape, ...where }) => {
    const [out, ...rest] = shape as [number, ...number[]];
    const columns = rest.reduce((a, b) => a * b, 1);
    const halves = [1, 2].map(() => ({ a: factor(out, rank), b: factor(rank, columns) }));
    const delta = new Float64Array(out * columns).fill(0.5 / rank);
    for (const { a, b } of halves) {
      delta.forEach((value, at) => {
        const [row, column] = [Math.floor(at / columns), at % columns];
        let sum = 0;
        for (let k = 0; k < rank; k++) sum += a.data[row * rank + k]! * b.data[k * columns + column]!;
        delta[at] = value * sum;
      });
    }
    const [one, two] = halves as [(typeof halves)[0], (typeof halves)[0]];
    const alpha = { data: Float32Array.of(0.5), shape: [] };
    const factors = { hada_w1_a: one.a, hada_w1_b: one.b, hada_w2_a: two.a, hada_w2_b: two.b, alpha };
    return { ...where, shape, factors, delta };
  });
}

/** w1 ⊗ w2, the second of low rank or whole, of every layer whose sides can be split. */
function lokr(whole: boolean): readonly (TestChange & Merged)[] {
  const factor = randomFactors(8, 0.2);
  const splits = ({ shape }: { shape: readonly number[] }) => shape[0]! % 8 === 0 && shape[1]! % 4 === 0;
  return some.filter(splits).map(({ shape, ...where }) => {
    const [out, inputs, ...window] = shape as [number, number, ...number[]];
    const pixels = window.reduce((a, b) => a * b, 1);
    const [leftOut, leftIn, rank] = [8, 4, 2];
    const [rightOut, rightIn] = [out / leftOut, inputs / leftIn];
    const w1 = factor(leftOut, leftIn);
    const [a, b] = [factor(rightOut, rank), factor(rank, rightIn * pixels)];
    const w2 = factor(rightOut, rightIn, ...window);
    const scale = whole ? 1 : 0.7 / rank;
    const right = (row: number, column: number) =>
      whole
        ? w2.data[row * rightIn * pixels + column]!
        : [...Array(rank).keys()].reduce(
            (sum, k) => sum + a.data[row * rank + k]! * b.data[k * rightIn * pixels + column]!,
            0,
          );
    const delta = new Float64Array(out * inputs * pixels);
    delta.forEach((_, at) => {
      const [o, i, pixel] = [
        Math.floor(at / (inputs * pixels)),
        Math.floor(at / pixels) % inputs,
        at % pixels,
      ];
      const left = w1.data[Math.floor(o / rightOut) * leftIn + Math.floor(i / rightIn)]!;
      delta[at] = scale * left * right(o % rightOut, (i % rightIn) * pixels + pixel);
    });
    const alpha = { data: Float32Array.of(0.7), shape: [] };
    const factors = whole
      ? { lokr_w1: w1, lokr_w2: w2, alpha }
      : { lokr_w1: w1, lokr_w2_a: a, lokr_w2_b: b, alpha };
    return { ...where, shape, factors, delta };
  });
}

test.each([
  ['LoCon with a middle (Tucker)', tucker],
  ['LoHa', () => loha(2)],
  ['LoHa of a rank so high that it is multiplied out', () => loha(9)],
  ['LoKr of low rank', () => lokr(false)],
  ['LoKr with a whole factor', () => lokr(true)],
])('%s gives what its definition gives', async (_, make) => {
  const changes = make();
  const latents = await latentsOf(base, [{ path: await written(changes, kohya), multiplier: 0.5 }]);
  const merged = changes.map(({ delta, ...rest }) => ({
    ...rest,
    delta: delta.map((value) => 0.5 * value),
  }));
  const expected = await latentsMerged(merged);
  expect(difference(latents, expected)).toBeLessThan(tolerance);
  expect(difference(latents, plain)).toBeGreaterThan(100 * tolerance);
});

test('another text encoder keeps the part for the U-Net, and the user is told once', async () => {
  const path = await written(loraChanges(attention), kohya);
  const pipeline = await openPipeline(runtime, base, { loras: [{ path, multiplier: 0.5 }] });
  const student = await openTextEncoder(runtime, 'models/students/clip');
  const draw = (own: boolean) =>
    pipeline.draw({ prompt: 'a red apple', steps: 1, ...(own ? {} : { textEncoder: student }) });
  const [own, other] = [await draw(true), await draw(false)];
  await Promise.all([pipeline.dispose(), student.dispose()]);
  expect(own.generation.warnings).toEqual([]);
  expect(other.generation.warnings).toHaveLength(1);
  expect(other.generation.warnings[0]).toMatch(/part for the U-Net is used/);
  const { text } = decodePng(pictureFile(own.images[0] as Image, own.generation, 0));
  const name = basename(path, '.safetensors');
  expect(parseParameters(text['parameters'] ?? '').prompt).toBe(`a red apple <lora:${name}:0.5>`);
});

test('attention maps are those of the changed model', async () => {
  const changes = loraChanges(
    attention.filter(({ part }) => part === 'unet'),
    { seed: 11 },
  );
  const merged = place();
  await mergeInto(base, merged, times(changes));
  const mapsOf = async (path: string, loras: readonly LoraFile[] = []) => {
    const pipeline = await openPipeline(runtime, path, { loras });
    try {
      const states = await (await pipeline.textEncoder()).encode(['a red apple']);
      const latents = floatTensor(torchGenerator(4).randn([1, 4, 16, 16]), [1, 4, 16, 16]);
      return (await pipeline.attentionMaps(latents, 500, states)).map(({ data }) => data);
    } finally {
      await pipeline.dispose();
    }
  };
  const changed = await mapsOf(base, [{ path: await written(changes, kohya) }]);
  const [expected, unchanged] = [await mapsOf(merged), await mapsOf(base)];
  expect(changed).toHaveLength(2);
  changed.forEach((maps, i) => {
    expect(difference(maps, expected[i]!)).toBeLessThan(tolerance);
    expect(difference(maps, unchanged[i]!)).toBeGreaterThan(0.01);
  });
});
