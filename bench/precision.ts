/**
 * What int8 weights cost on a real, trained model: the packaged emoji-sd and its students, as they are and quantized, on the
 * same prompts, latents and time steps.
 *
 *   npm run bench:precision
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
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
import { type FloatTensor, floatTensor } from '../src/runtime/tensor.ts';

const runtime = await openRuntime('cpu');

/** Root mean square of the difference, as a part of the root mean square of `exact`. */
function relative(exact: Float32Array, other: Float32Array): number {
  const sum = (values: Float32Array) => values.reduce((total, value) => total + value * value, 0);
  return Math.sqrt(sum(exact.map((value, i) => value - other[i]!)) / sum(exact));
}
const percent = (value: number) => `${(100 * value).toFixed(2)} %`;

async function modelsOf(path: string) {
  const model = await openStableDiffusion(path);
  const configs = { unet: parseUNetConfig(model.unet.config), vae: parseVaeConfig(model.vae.config) };
  return openModels(runtime, model, configs, { name: path });
}

const captions = (await readFile('models/emoji-sd/captions/held_out.jsonl', 'utf8'))
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { en: string; ko: string });
const prompts = captions.filter((_, i) => i % Math.ceil(captions.length / 32) === 0).map(({ en }) => en);
const korean = captions.filter((_, i) => i % Math.ceil(captions.length / 32) === 0).map(({ ko }) => ko);

const original = 'models/emoji-sd/model';
const folder = await mkdtemp(join(tmpdir(), 'ksd-precision-'));
try {
  const small = join(folder, 'emoji-sd');
  await quantizeModel(original, small, ['unet', 'text_encoder']);
  const [exact, int8] = [await modelsOf(original), await modelsOf(small)];
  const [encoder, encoder8] = [await exact.textEncoder(), await int8.textEncoder()];
  const states = await encoder.encode(prompts);
  console.log(
    `text states of emoji-sd      ${percent(relative(states.data, (await encoder8.encode(prompts)).data))}`,
  );
  for (const name of ['clip', 'roberta', 'roberta-pooler']) {
    const path = join('models/students', name);
    await quantizeTextEncoder(path, join(folder, name));
    const [one, other] = [
      await openTextEncoder(runtime, path),
      await openTextEncoder(runtime, join(folder, name)),
    ];
    const [a, b] = [await one.encode(korean), await other.encode(korean)];
    console.log(`text states of ${name.padEnd(14)} ${percent(relative(a.data, b.data))}`);
  }
  const latents = floatTensor(torchGenerator(5).randn([prompts.length, 4, 16, 16]), [
    prompts.length,
    4,
    16,
    16,
  ]);
  for (const step of [981, 741, 501, 261, 21]) {
    const [a, b] = [await exact.unet(latents, step, states), await int8.unet(latents, step, states)];
    console.log(`prediction at time step ${String(step).padStart(3)}  ${percent(relative(a.data, b.data))}`);
  }
  const [pa, pb] = [await openPipeline(runtime, original), await openPipeline(runtime, small)];
  void pa;
  void pb;
} finally {
  await rm(folder, { recursive: true });
}
