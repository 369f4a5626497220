/**
 * The same as plain.py with this project: opens the checkpoint as a pipeline does, and computes a part for each line on
 * standard input. A LoRA may be given.
 */
import { createInterface } from 'node:readline';
import { openStableDiffusion } from '../../src/checkpoint/stableDiffusion.ts';
import { openModels } from '../../src/generation/models.ts';
import { loadLoras } from '../../src/lora/load.ts';
import { parseUNetConfig } from '../../src/models/unetConfig.ts';
import { parseVaeConfig } from '../../src/models/vaeConfig.ts';
import { openRuntime } from '../../src/runtime/node.ts';
import { type FloatTensor, floatTensor } from '../../src/runtime/tensor.ts';

const [path = '', side = '', threads = '', lora] = process.argv.slice(2);
const say = (answer: object) => process.stdout.write(`${JSON.stringify(answer)}\n`);

function wave(...shape: number[]): FloatTensor {
  const size = shape.reduce((product, side) => product * side, 1);
  return floatTensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(i)),
    shape,
  );
}

const runtime = await openRuntime('cpu', { threads: Number(threads) });
const model = await openStableDiffusion(path);
const configs = { unet: parseUNetConfig(model.unet.config), vae: parseVaeConfig(model.vae.config) };
const { hooks } = await loadLoras(model, configs.unet, lora === undefined ? [] : [{ path: lora }]);
const { unet, decode, textEncoder } = openModels(runtime, model, configs, { name: 'sd1', hooks });
const ids = Int32Array.from({ length: 2 * 77 }, (_, i) => (i * 7919) % 49408);
const latentSide = Number(side) / 8;
const [latents, small] = [2, 1].map((batch) => wave(batch, 4, latentSide, latentSide)) as [
  FloatTensor,
  FloatTensor,
];
const states = wave(2, 77, 768);
const parts: Readonly<Record<string, () => Promise<FloatTensor>>> = {
  text: async () => (await textEncoder()).encodeIds(ids),
  unet: () => unet(latents, 500, states),
  decode: () => decode(small),
};

say({});
for await (const line of createInterface({ input: process.stdin })) {
  const began = performance.now();
  const before = process.cpuUsage();
  const { data } = await parts[line.trim()]!();
  const { user, system } = process.cpuUsage(before);
  const [seconds, cpu] = [(performance.now() - began) / 1000, (user + system) / 1e6];
  const peak = process.resourceUsage().maxRSS / 2 ** 20;
  const stride = Math.max(1, Math.floor(data.length / 64));
  const sample = Array.from({ length: 64 }, (_, i) => data[i * stride]);
  say({ seconds, cpu, peak, sample });
}
process.exit();
