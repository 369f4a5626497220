/**
 * A model with a LoRA computes what the model with the LoRA merged into its weights computes.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { float32ToHalf, halfToFloat32 } from '../checkpoint/half.ts';
import { openStableDiffusion } from '../checkpoint/stableDiffusion.ts';
import { targetsOf } from '../generation/loras.ts';
import { openPipeline } from '../generation/open.ts';
import { parseUNetConfig } from '../models/unetConfig.ts';
import { openRuntime } from '../runtime/node.ts';
import type { LoraFile } from './open.ts';
import {
  layersOf,
  loraChanges,
  loraDelta,
  type Merged,
  mergeInto,
  randomFactors,
  type TestChange,
} from './testing/changes.ts';
import {
  attentionProcessors,
  diffusers,
  kohya,
  kohyaLdm,
  type Naming,
  peft,
  peftModel,
  writeLora,
} from './testing/files.ts';

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
