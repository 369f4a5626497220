/**
 * What int8 weights cost on a trained model: the packaged emoji-sd and its students, as they are and quantized, on the same
 * prompts, latents and time steps. Errors are root mean squares, as a part of that of the exact values.
 *
 *   npm run bench:precision
 */
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStableDiffusion } from '../src/checkpoint/stableDiffusion.ts';
import { openTextEncoder } from '../src/encoders/textEncoder.ts';
import { openModels } from '../src/generation/models.ts';
import { openPipeline } from '../src/generation/open.ts';
import { quantizeModel, quantizeTextEncoder } from '../src/generation/quantize.ts';
import { parseUNetConfig } from '../src/models/unetConfig.ts';
import { parseVaeConfig } from '../src/models/vaeConfig.ts';
import { torchGenerator } from '../src/random/torch.ts';
import { openRuntime } from '../src/runtime/node.ts';
import { floatTensor } from '../src/runtime/tensor.ts';

const original = 'models/emoji-sd/model';
const runtime = await openRuntime('cpu');

function relative(exact: ArrayLike<number>, other: ArrayLike<number>): string {
  let [difference, size] = [0, 0];
  for (let i = 0; i < exact.length; i++) {
    difference += (exact[i]! - other[i]!) ** 2;
    size += exact[i]! ** 2;
  }
  return `${(100 * Math.sqrt(difference / size)).toFixed(2)} %`;
}

/** Every so many of the captions of pictures that the model has not seen: 32 of them. */
async function captions() {
  const lines = (await readFile('models/emoji-sd/captions/held_out.jsonl', 'utf8')).trim().split('\n');
  const chosen = lines.filter((_, i) => i % Math.ceil(lines.length / 32) === 0);
  return chosen.map((line) => JSON.parse(line) as { en: string; ko: string });
}

async function modelsOf(path: string) {
  const model = await openStableDiffusion(path);
  const configs = { unet: parseUNetConfig(model.unet.config), vae: parseVaeConfig(model.vae.config) };
  return openModels(runtime, model, configs, { name: path });
}

async function compareStudents(folder: string, texts: readonly string[]): Promise<void> {
  for (const name of ['clip', 'roberta', 'roberta-pooler', 'roberta-robust']) {
    const [path, small] = [join('models/students', name), join(folder, name)];
    await quantizeTextEncoder(path, small);
    const [exact, int8] = [await openTextEncoder(runtime, path), await openTextEncoder(runtime, small)];
    const [a, b] = [await exact.encode(texts), await int8.encode(texts)];
    console.log(`text states of the student ${name.padEnd(16)} ${relative(a.data, b.data)}`);
  }
}

async function compareModels(small: string, prompts: readonly string[]): Promise<void> {
  const [exact, int8] = [await modelsOf(original), await modelsOf(small)];
  const states = await (await exact.textEncoder()).encode(prompts);
  const others = await (await int8.textEncoder()).encode(prompts);
  console.log(`text states of emoji-sd ${relative(states.data, others.data)}`);
  const shape = [prompts.length, 4, 16, 16];
  const latents = floatTensor(torchGenerator(5).randn(shape), shape);
  for (const step of [981, 741, 501, 261, 21]) {
    const [a, b] = [await exact.unet(latents, step, states), await int8.unet(latents, step, states)];
    console.log(`prediction of noise at time step ${String(step).padStart(3)} ${relative(a.data, b.data)}`);
  }
}

/** Mean difference of the pixels of pictures of 25 steps, in levels of 256. */
async function comparePictures(small: string, prompts: readonly string[]): Promise<void> {
  const [exact, int8] = [await openPipeline(runtime, original), await openPipeline(runtime, small)];
  let [sum, count] = [0, 0];
  for (const [seed, prompt] of prompts.entries()) {
    const request = { prompt, seed, guidance: 5 };
    const [a, b] = [(await exact.draw(request)).images[0]!, (await int8.draw(request)).images[0]!];
    a.data.forEach((value, i) => {
      sum += Math.abs(value - b.data[i]!);
    });
    count += a.data.length;
  }
  console.log(`pixels of ${prompts.length} pictures ${(sum / count).toFixed(2)} of 255`);
}

const folder = await mkdtemp(join(tmpdir(), 'ksd-precision-'));
try {
  const small = join(folder, 'emoji-sd');
  await quantizeModel(original, small, ['unet', 'text_encoder']);
  const file = 'unet/diffusion_pytorch_model.safetensors';
  const [before, after] = [await stat(join(original, file)), await stat(join(small, file))];
  console.log(`U-Net F16 ${(before.size / 1e6).toFixed(1)} MB, int8 ${(after.size / 1e6).toFixed(1)} MB`);
  const texts = await captions();
  await compareStudents(
    folder,
    texts.map(({ ko }) => ko),
  );
  const prompts = texts.map(({ en }) => en);
  await compareModels(small, prompts);
  await comparePictures(small, prompts.slice(0, 16));
} finally {
  await rm(folder, { recursive: true });
}
