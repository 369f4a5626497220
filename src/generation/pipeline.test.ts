import { afterAll, expect, test } from 'vitest';
import { openTextEncoder } from '../encoders/textEncoder.ts';
import { ConfigError, InputError } from '../errors.ts';
import { type Image, solid } from '../pictures/image.ts';
import { openRuntime } from '../runtime/node.ts';
import type { Runtime } from '../runtime/session.ts';
import { encodePrompts } from './conditions.ts';
import { finish } from './finish.ts';
import { openPipeline } from './open.ts';
import type { GenerationRequest } from './request.ts';

const tinyFolder = 'fixtures/golden/pipeline/sd_tiny';
const engine = await openRuntime('cpu');
let opened = 0;
const runtime: Runtime = {
  ...engine,
  open: (...model) => {
    opened++;
    return engine.open(...model);
  },
};
const tiny = await openPipeline(runtime, tinyFolder);
const emoji = await openPipeline(runtime, 'models/emoji-sd/model');
const roberta = await openTextEncoder(runtime, 'fixtures/golden/pipeline/roberta/text_encoder');

afterAll(() => Promise.all([tiny.dispose(), emoji.dispose(), roberta.dispose()]));

const apple: GenerationRequest = { prompt: 'a red apple', seed: 42, steps: 4 };

/** The median of each channel over squares of 6 x 6 pixels in the corners. */
function cornerColor({ width, height, data }: Image): number[] {
  const side = 6;
  const near = (at: number, length: number) => at < side || at >= length - side;
  return [0, 1, 2].map((channel) => {
    const values: number[] = [];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        if (near(x, width) && near(y, height)) values.push(data[(y * width + x) * 3 + channel] as number);
      }
    }
    return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
  });
}

function largestDifference(a: Image | undefined, b: Image | undefined): number {
  if (!a || !b) return Number.POSITIVE_INFINITY;
  return Math.max(...Array.from(a.data, (value, i) => Math.abs(value - (b.data[i] as number))));
}

function meanDifference(a: Image, b: Image): number {
  const differences = Array.from(a.data, (value, i) => Math.abs(value - (b.data[i] as number)));
  return differences.reduce((sum, difference) => sum + difference, 0) / differences.length;
}

test('the emoji model draws a red apple on a blue background', async () => {
  const { images, latents } = await emoji.draw({
    prompt: 'a red apple on a blue background',
    seed: 1,
    guidance: 5,
  });
  const [image] = images as [Image];
  expect([image.width, image.height, image.channels]).toEqual([64, 64, 3]);
  expect(latents.data.every(Number.isFinite)).toBe(true);
  const [red, , blue] = cornerColor(image) as [number, number, number];
  expect(blue).toBeGreaterThan(red + 60);
});

test('a seed draws the same picture every time, and another seed another one', async () => {
  const [first, again, other] = [
    await tiny.draw(apple),
    await tiny.draw(apple),
    await tiny.draw({ ...apple, seed: 43 }),
  ];
  expect(again.images).toEqual(first.images);
  expect(largestDifference(first.images[0], other.images[0])).toBeGreaterThan(20);
});

test('a batch draws the pictures that its seeds draw alone', async () => {
  const batch = await emoji.draw({ ...apple, batch: 2 });
  const alone = [await emoji.draw(apple), await emoji.draw({ ...apple, seed: 43 })];
  expect(batch.generation.seeds).toEqual([42, 43]);
  for (const [i, image] of batch.images.entries()) {
    expect(largestDifference(image, alone[i]?.images[0])).toBeLessThanOrEqual(1);
  }
});

test('a negative prompt changes the picture, unless guidance is 1', async () => {
  const negative = { negativePrompt: 'blurry' };
  const [plain] = (await tiny.draw(apple)).images;
  const [changed] = (await tiny.draw({ ...apple, ...negative })).images;
  expect(largestDifference(plain, changed)).toBeGreaterThan(2);
  const unguided = { ...apple, guidance: 1 };
  const [one] = (await tiny.draw(unguided)).images;
  expect((await tiny.draw({ ...unguided, ...negative })).images[0]).toEqual(one);
});

test('a run can be stopped by a signal and by breaking off', async () => {
  const controller = new AbortController();
  const calls: number[] = [];
  const run = finish(tiny.generate({ ...apple, signal: controller.signal }), ({ call }) => {
    calls.push(call);
    if (call === 2) controller.abort();
  });
  await expect(run).rejects.toMatchObject({ name: 'AbortError' });
  expect(calls).toEqual([1, 2]);
  for await (const { call, calls: all } of tiny.generate(apple)) {
    expect(all).toBe(4);
    if (call === 2) break;
  }
});

test('the picture to come can be seen on the way, and in the last step is the picture itself', async () => {
  const request = { ...apple, prompt: 'a red apple on a blue background', steps: 8, scheduler: 'ddim' };
  const previews: Image[] = [];
  const { latents } = await finish(watch());
  const [final] = (await emoji.decode(latents)) as [Image];
  const distances = previews.map((preview) => meanDifference(preview, final));
  expect(distances).toHaveLength(8);
  expect(distances[4]).toBeLessThan(distances[0] as number);
  expect(distances[7]).toBeLessThan(2);

  async function* watch() {
    const run = emoji.generate(request);
    for (;;) {
      const next = await run.next();
      if (next.done) return next.value;
      previews.push(...(await emoji.decode(next.value.predictedOriginal())));
      yield next.value;
    }
  }
});

test('models are compiled once for each size', async () => {
  const pipeline = await openPipeline(runtime, tinyFolder);
  opened = 0;
  for (const seed of [1, 2]) await pipeline.draw({ ...apple, seed });
  // Text encoder, text projections, U-Net and VAE; then the latter two for another size.
  expect(opened).toBe(4);
  await pipeline.draw({ ...apple, width: 128 });
  expect(opened).toBe(6);
  await pipeline.dispose();
});

test('a student takes the place of the own encoder, which is then not even opened', async () => {
  const pipeline = await openPipeline(runtime, tinyFolder);
  opened = 0;
  const drawn = await pipeline.draw({ ...apple, prompt: '빨간 사과', textEncoder: roberta });
  expect(opened).toBe(3);
  expect(drawn.generation.textEncoder).toBe(roberta.name);
  const { conditions } = await encodePrompts(roberta, ['빨간 사과'], ['']);
  const given = await pipeline.draw({ ...apple, prompt: '빨간 사과', conditions });
  expect(given.images).toEqual(drawn.images);
  await pipeline.dispose();
});

test.each([
  [72, 40],
  [40, 88],
  [8, 8],
])('a picture of %i x %i works, whose latents do not halve evenly', async (width, height) => {
  const { images } = await tiny.draw({ ...apple, width, height, steps: 2 });
  expect([images[0]?.width, images[0]?.height]).toEqual([width, height]);
});

test('a low strength stays near the given picture, whatever its size was', async () => {
  const initImage = solid(100, 50, [250, 20, 20]);
  const request = { prompt: '', initImage, width: 64, height: 64, scheduler: 'ddim', guidance: 1, steps: 20 };
  const [near] = (await emoji.draw({ ...request, strength: 0.1 })).images as [Image];
  const [red, green, blue] = cornerColor(near) as [number, number, number];
  expect(red - Math.max(green, blue)).toBeGreaterThan(100);
});

test('a prompt that is too long is cut where that is asked for, with a warning that says how much', async () => {
  const prompt = 'apple '.repeat(1700).trim();
  const { generation } = await tiny.draw({ ...apple, prompt, steps: 2, longPrompts: 'cut' });
  expect(generation.warnings).toHaveLength(1);
  expect(generation.warnings[0]).toMatch(/1700 tokens.*last 1625 were cut/);
});

test('the empty prompt draws, without a warning', async () => {
  const { generation } = await tiny.draw({ ...apple, prompt: '' });
  expect(generation.warnings).toEqual([]);
});

test('a text encoder of another width is refused by name', async () => {
  await expect(emoji.draw({ ...apple, textEncoder: roberta })).rejects.toThrow(ConfigError);
  await expect(emoji.draw({ ...apple, textEncoder: roberta })).rejects.toThrow(
    /text_encoder gives states of width 12.*emoji-sd has cross_attention_dim 192/,
  );
});

test.each<[string, Partial<GenerationRequest>]>([
  ['no steps', { steps: 0 }],
  ['1001 steps', { steps: 1001 }],
  ['half a step', { steps: 2.5 }],
  ['a strength of 0', { initImage: solid(64, 64, [0, 0, 0]), strength: 0 }],
  ['a strength above 1', { initImage: solid(64, 64, [0, 0, 0]), strength: 1.1 }],
  ['an odd width', { width: 65 }],
])('%s is refused', async (_, part) => {
  await expect(tiny.draw({ ...apple, ...part })).rejects.toThrow(InputError);
});

test('latents of another model are refused', async () => {
  const { latents } = await tiny.draw({ ...apple, steps: 2 });
  await expect(tiny.decode({ ...latents, shape: [2, 2, 8, 8] })).rejects.toThrow(InputError);
});

test('an unknown sampler is refused when the pipeline is opened', async () => {
  await expect(openPipeline(runtime, tinyFolder, { scheduler: 'unipcc' })).rejects.toThrow(ConfigError);
});
