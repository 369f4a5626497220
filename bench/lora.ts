/**
 * What LoRAs cost on the U-Net of Stable Diffusion v1.4 at its real size (random F16 weights, 512 x 512, guidance): time of
 * a step and peak memory beside the model without one, in processes of their own that take turns.
 *
 *   npm run bench:lora -- [rounds]        needs 3 GB in the folder for temporary files
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openStableDiffusion } from '../src/checkpoint/stableDiffusion.ts';
import { targetsOf } from '../src/lora/load.ts';
import type { Place } from '../src/lora/names.ts';
import { layersOf, loraChanges } from '../src/lora/testing/changes.ts';
import { kohya, writeLora } from '../src/lora/testing/files.ts';
import { parseUNetConfig } from '../src/models/unetConfig.ts';
import { median } from './median.ts';
import { writeCheckpoint } from './sd1/checkpoint.ts';
import { Worker } from './sd1/worker.ts';

const rounds = Number(process.argv[2] ?? 5);

/** Which layers are changed, all with rank 16. */
const kinds: Readonly<Record<string, (place: Place) => boolean>> = {
  'attention and feed-forward': ({ part, layer }) => part === 'unet' && layer.includes('.attentions.'),
  'every layer, convolutions too': ({ part }) => part === 'unet',
};

const folder = await mkdtemp(join(tmpdir(), 'ksd-lora-'));
try {
  const { path } = await writeCheckpoint(folder, 'F16');
  const model = await openStableDiffusion(path);
  const targets = targetsOf(model.textEncoder, parseUNetConfig(model.unet.config));
  const script = fileURLToPath(new URL('sd1/ours.js', import.meta.url));
  const open = (...lora: string[]) =>
    new Worker(process.execPath, [script, path, String(availableParallelism()), ...lora]);
  for (const [name, wanted] of Object.entries(kinds)) {
    const lora = join(folder, 'lora.safetensors');
    await writeLora(lora, loraChanges(layersOf(targets, wanted), { rank: 16, alpha: 8 }), kohya, 'F16');
    const workers = [open(), open(lora)];
    const seconds: [number[], number[]] = [[], []];
    const peaks = [0, 0];
    for (const worker of workers) {
      await worker.answer();
      // Opens the model.
      await worker.ask('unet');
    }
    for (let i = 0; i < rounds; i++) {
      for (const [at, worker] of workers.entries()) {
        const answer = await worker.ask('unet');
        seconds[at]!.push(answer.seconds);
        peaks[at] = answer.peak;
      }
    }
    for (const worker of workers) worker.stop();
    const [plain, changed] = seconds.map(median) as [number, number];
    const more = median(seconds[1].map((value, i) => value / (seconds[0][i] as number))) - 1;
    console.log(
      `${name} (${((await stat(lora)).size / 2 ** 20).toFixed(0)} MiB): a step ${changed.toFixed(2)} s, without ` +
        `${plain.toFixed(2)} s (${(100 * more).toFixed(1)} % more); ${peaks[1]!.toFixed(2)} GiB at most, without ` +
        `${peaks[0]!.toFixed(2)} GiB`,
    );
  }
} finally {
  await rm(folder, { recursive: true });
}
