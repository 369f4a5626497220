/**
 * Models with parts that the tiny one lacks: a U-Net for inpainting, a safety checker, TAESD.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSafetensors } from '../checkpoint/safetensors.ts';
import { writeSafetensors } from '../checkpoint/safetensorsWriter.ts';
import { readFloat32 } from '../checkpoint/tensorEntry.ts';
import { ConfigError, InputError } from '../errors.ts';
import { type Image, paste, solid } from '../pictures/image.ts';
import { randomStream } from '../random/stream.ts';
import { openRuntime } from '../runtime/node.ts';
import { floatTensor } from '../runtime/tensor.ts';
import type { NoiseSource } from '../schedulers/scheduler.ts';
import { pictureNoise } from './latents.ts';
import { openPipeline } from './open.ts';
import type { GenerationStep } from './pipeline.ts';
import { openPreviewDecoder } from './previewDecoder.ts';
import { writeGuardedModel } from './testing/guardedModel.ts';

const tiny = 'fixtures/golden/pipeline/sd_tiny';
const runtime = await openRuntime('cpu', { threads: 1 });
let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'ksd-full-'));
});
afterAll(() => rm(scratch, { recursive: true }));

async function changeJson(path: string, change: object): Promise<void> {
  await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...change }));
}

/** The tiny model with a U-Net that reads mask and masked latents, too; their weights are random. */
async function inpaintingModel(): Promise<string> {
  const folder = join(scratch, 'inpainting');
  await cp(tiny, folder, { recursive: true });
  await changeJson(join(folder, 'unet/config.json'), { in_channels: 9 });
  const path = join(folder, 'unet/diffusion_pytorch_model.safetensors');
  const { tensors } = await openSafetensors(path);
  const written = await Promise.all(
    [...tensors.values()].map(async (entry) => {
      const data = await readFloat32(entry);
      if (entry.name !== 'conv_in.weight')
        return { name: entry.name, dtype: 'F32' as const, shape: entry.shape, data };
      const [out = 0, , height = 0, width = 0] = entry.shape;
      const wide = randomStream(1, 'conv_in').normals(out * 9 * height * width, 0, 0.1);
      const size = 4 * height * width;
      for (let i = 0; i < out; i++) wide.set(data.subarray(i * size, (i + 1) * size), i * 9 * height * width);
      return { name: entry.name, dtype: 'F32' as const, shape: [out, 9, height, width], data: wide };
    }),
  );
  await writeSafetensors(path, written);
  return folder;
}

describe('a model for inpainting', () => {
  const right = (side: number) =>
    paste(solid(side, side, [0, 0, 0]), solid(side / 2, side, [255, 255, 255]), side / 2, 0);
  const draw = async (change: object) => {
    const pipeline = await openPipeline(runtime, await inpaintingModel(), { scheduler: 'ddim' });
    const { side, factor } = pipeline;
    const shape = [4, side / factor, side / factor];
    const source = pictureNoise([7], shape);
    const drawn: Float32Array[] = [];
    const noise: NoiseSource = () => {
      drawn.push(source());
      return drawn.at(-1) as Float32Array;
    };
    let first: GenerationStep | undefined;
    const mask = right(side);
    const initImage = solid(side, side, [40, 90, 200]);
    const request = { prompt: 'a cat', steps: 2, noise, initImage, mask, ...change };
    const { latents } = await pipeline.draw(request, (step) => {
      first ??= step;
    });
    await pipeline.dispose();
    return { drawn, first: first as GenerationStep, latents, start: pictureNoise([7], shape)(), side };
  };

  it('starts at full strength from the first noise of the seed, and draws latents of the masked picture after it', async () => {
    const { drawn, first, start } = await draw({});
    expect(drawn).toHaveLength(2);
    expect(first.seen.data).toEqual(start);
  });

  it('draws latents of the picture first at lower strength', async () => {
    const { drawn, first, start } = await draw({ strength: 0.5 });
    expect(drawn).toHaveLength(3);
    expect(first.seen.data).not.toEqual(start);
  });

  it('at full strength does not look at what is to be drawn anew', async () => {
    const { latents, side } = await draw({});
    const initImage: Image = paste(
      solid(side, side, [40, 90, 200]),
      solid(side / 2, side, [250, 250, 0]),
      side / 2,
      0,
    );
    expect((await draw({ initImage })).latents.data).toEqual(latents.data);
    expect((await draw({ initImage, strength: 0.5 })).latents.data).not.toEqual(latents.data);
  });
});

describe('a model with a safety checker', () => {
  /** Its thresholds let nothing or everything pass. */
  async function guarded(threshold: number): Promise<string> {
    const folder = join(scratch, `guarded${threshold}`);
    await writeGuardedModel(folder, threshold);
    return folder;
  }

  const request = { prompt: 'a cat', steps: 1, batch: 2 };

  it('blacks out what the checker flags, and says so', async () => {
    const pipeline = await openPipeline(runtime, await guarded(-2));
    const { images, flagged } = await pipeline.draw(request);
    expect(flagged).toEqual([true, true]);
    for (const { data } of images) expect(data.every((value) => value === 0)).toBe(true);
    await pipeline.dispose();
  });

  it('leaves pictures that pass, and all of them where the checker is left out', async () => {
    const plain = await openPipeline(runtime, tiny);
    const { images, flagged } = await plain.draw(request);
    expect(flagged).toEqual([false, false]);
    const passing = await openPipeline(runtime, await guarded(2));
    const without = await openPipeline(runtime, await guarded(-2), { safetyChecker: false });
    for (const pipeline of [passing, without]) {
      expect((await pipeline.draw(request)).images).toEqual(images);
      await pipeline.dispose();
    }
    await plain.dispose();
  });

  it('draws as one without where the weights of the checker are missing', async () => {
    const folder = await guarded(-2);
    await rm(join(folder, 'safety_checker/model.safetensors'));
    const pipeline = await openPipeline(runtime, folder);
    expect((await pipeline.draw(request)).flagged).toEqual([false, false]);
    await pipeline.dispose();
  });
});

describe('a pipeline with TAESD', () => {
  const taesd = 'fixtures/reference/taesd/diffusers';

  it('decodes by it', async () => {
    const pipeline = await openPipeline(runtime, tiny, { taesd });
    const decoder = await openPreviewDecoder(runtime, taesd);
    const latents = floatTensor(randomStream(1, 'latents').normals(4 * 8 * 8), [1, 4, 8, 8]);
    const [ours, own] = [await pipeline.decodeTensor(latents), await decoder.decode(latents)];
    expect(ours.shape).toEqual(own.shape);
    ours.data.forEach((value, i) => {
      expect(value).toBeCloseTo(own.data[i] as number, 4);
    });
    await Promise.all([pipeline.dispose(), decoder.dispose()]);
  });

  it('is refused by a model with another VAE', async () => {
    const opening = openPipeline(runtime, 'models/emoji-sd/model', { taesd });
    await expect(opening).rejects.toThrow(ConfigError);
    await expect(opening).rejects.toThrow(/pixels a latent/);
  });
});

it('a strength without a picture is refused', async () => {
  const pipeline = await openPipeline(runtime, tiny);
  const drawing = pipeline.draw({ prompt: 'a cat', strength: 0.5 });
  await expect(drawing).rejects.toThrow(InputError);
  await expect(drawing).rejects.toThrow(/strength 0.5/);
  await pipeline.dispose();
});
