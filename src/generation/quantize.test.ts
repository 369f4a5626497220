import { cp, mkdtemp, readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readJsonObject } from '../checkpoint/json.ts';
import { openTextEncoder } from '../encoders/textEncoder.ts';
import { openRuntime } from '../runtime/node.ts';
import { openPipeline } from './open.ts';
import { quantizeModel, quantizeTextEncoder } from './quantize.ts';

const model = 'models/emoji-sd/model';
const folder = await mkdtemp(join(tmpdir(), 'ksd-quantize-'));
const runtime = await openRuntime('cpu');

/** Root mean square of the difference, as a part of that of `exact`. */
function relative(exact: Float32Array, other: Float32Array): number {
  const sum = (values: Float32Array) => values.reduce((total, value) => total + value ** 2, 0);
  return Math.sqrt(sum(exact.map((value, i) => value - other[i]!)) / sum(exact));
}

const sizeOf = async (path: string) => (await stat(path)).size;

test('a quantized model is half of F16, opens as any other, and draws nearly the same picture', async () => {
  const out = join(folder, 'emoji-sd');
  let [written, all] = [0, 0];
  const onTensors = (count: number, total: number) => {
    [written, all] = [written + count, total];
  };
  await quantizeModel(model, out, ['unet', 'text_encoder'], { onTensors });
  expect(written).toBe(all);
  for (const file of ['unet/diffusion_pytorch_model.safetensors', 'text_encoder/model.safetensors']) {
    expect((await sizeOf(join(out, file))) / (await sizeOf(join(model, file)))).toBeLessThan(0.56);
  }
  expect(await readJsonObject(join(out, 'unet/config.json'))).toMatchObject({ ksd_weights: 'int8' });
  expect(await readJsonObject(join(out, 'vae/config.json'))).not.toHaveProperty('ksd_weights');
  const request = { prompt: 'a red apple on a blue background', seed: 1, guidance: 5, steps: 8 };
  const drawn = [];
  for (const path of [model, out]) {
    const pipeline = await openPipeline(runtime, path);
    drawn.push((await pipeline.draw(request)).images[0]!.data);
    await pipeline.dispose();
  }
  const [exact, int8] = drawn as [Uint8Array, Uint8Array];
  const difference = exact.reduce((sum, value, i) => sum + Math.abs(value - int8[i]!), 0) / exact.length;
  expect(difference).toBeGreaterThan(0);
  expect(difference).toBeLessThan(4);
});

test('all parts can be int8, the VAE too, but not twice', async () => {
  const out = join(folder, 'all');
  await quantizeModel(model, out, ['unet', 'text_encoder', 'vae']);
  const pipeline = await openPipeline(runtime, out);
  const { images } = await pipeline.draw({ prompt: 'a red apple', seed: 1, steps: 1 });
  expect(images).toHaveLength(1);
  await pipeline.dispose();
  await expect(quantizeModel(out, join(folder, 'twice'), ['unet'])).rejects.toThrow(/int8 weights already/);
  expect(await readdir(folder)).not.toContain('twice');
});

test.each(['clip', 'roberta', 'roberta-pooler', 'roberta-robust'])(
  'the states of the quantized student %s are within two hundredths',
  async (name) => {
    const [path, out] = [join('models/students', name), join(folder, name)];
    await quantizeTextEncoder(path, out);
    const states = [];
    for (const from of [path, out]) {
      const encoder = await openTextEncoder(runtime, from);
      const both = await encoder.encode(['빨간 사과', '주황색 배경의 활짝 웃는 얼굴']);
      const alone = await encoder.encode(['빨간 사과']);
      expect(relative(alone.data, both.data.subarray(0, alone.data.length))).toBeLessThan(1e-5);
      states.push(both.data);
      await encoder.dispose();
    }
    const [exact, int8] = states as [Float32Array, Float32Array];
    expect(relative(exact, int8)).toBeLessThan(0.02);
  },
);

test('what was there before stays when the work is stopped', async () => {
  const out = join(folder, 'stopped');
  await cp('models/students/clip', out, { recursive: true });
  const before = await readdir(out, { recursive: true });
  const controller = new AbortController();
  const onTensors = () => controller.abort(new Error('enough'));
  const work = quantizeTextEncoder('models/students/roberta', out, { signal: controller.signal, onTensors });
  await expect(work).rejects.toThrow('enough');
  expect(await readdir(out, { recursive: true })).toEqual(before);
  expect((await readdir(folder)).filter((name) => name.endsWith('.partial'))).toEqual([]);
});
