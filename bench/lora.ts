/**
 * What LoRAs cost on the U-Net of Stable Diffusion v1.4 at its real size (random F16 weights, 512 x 512, guidance): CPU
 * time of a step and peak memory beside the model without one, in processes of their own that take turns.
 *
 *   npm run bench:lora -- [rounds]        needs 3 GB in the folder for temporary files
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { v1Configs } from '../src/checkpoint/ldm/v1.ts';
import { openStableDiffusion } from '../src/checkpoint/stableDiffusion.ts';
import { createGraph, input } from '../src/graph/graph.ts';
import { targetsOf } from '../src/lora/load.ts';
import type { Place } from '../src/lora/names.ts';
import { layersOf, loraChanges } from '../src/lora/testing/changes.ts';
import { kohya, writeLora } from '../src/lora/testing/files.ts';
import { unet } from '../src/models/unet.ts';
import { parseUNetConfig } from '../src/models/unetConfig.ts';
import { median } from './median.ts';
import type { OurAnswer } from './sd1/answer.ts';
import { writeCheckpoint } from './sd1/checkpoint.ts';
import { startWorker } from './worker.ts';

const rank = 16;

const rounds = Number(process.argv[2] ?? 3);

/** Which layers are changed. */
const kinds: Readonly<Record<string, (place: Place) => boolean>> = {
  'attention and feed-forward': ({ part, layer }) => part === 'unet' && layer.includes('.attentions.'),
  'every layer, convolutions too': ({ part }) => part === 'unet',
};

/** Multiplications that a change of these layers adds to those of all layers, as a part of them, and its MiB in float32. */
function arithmetic(wanted: (place: Place) => boolean): { part: number; size: number } {
  let [own, more, numbers] = [0, 0, 0];
  const graph = createGraph();
  const inputs = {
    sample: input(graph, 'sample', 'float32', [2, 4, 64, 64]),
    timestep: input(graph, 'timestep', 'float32', [1]),
    encoderHiddenStates: input(graph, 'states', 'float32', [2, 77, 768]),
  };
  unet(graph, parseUNetConfig(v1Configs.unet), inputs, {
    adapt: ({ name, shape, y }) => {
      const count = (sizes: readonly unknown[]) => sizes.reduce<number>((a, b) => a * (b as number), 1);
      const [out, columns] = [shape[0] as number, count(shape.slice(1))];
      const rows = count(y.shape) / out;
      own += rows * out * columns;
      if (!wanted({ part: 'unet', layer: name })) return y;
      more += rows * rank * (out + columns);
      numbers += rank * (out + columns);
      return y;
    },
  });
  return { part: more / own, size: (4 * numbers) / 2 ** 20 };
}

const folder = await mkdtemp(join(tmpdir(), 'ksd-lora-'));
try {
  const { path } = await writeCheckpoint(folder, 'F16');
  const model = await openStableDiffusion(path);
  const targets = targetsOf(model.textEncoder, parseUNetConfig(model.unet.config));
  const script = fileURLToPath(new URL('sd1/ours.js', import.meta.url));
  const open = (...lora: string[]) =>
    startWorker(process.execPath, [script, path, '512', String(availableParallelism()), ...lora]);
  for (const [name, wanted] of Object.entries(kinds)) {
    const lora = join(folder, 'lora.safetensors');
    await writeLora(lora, loraChanges(layersOf(targets, wanted), { rank, alpha: 8 }), kohya, 'F16');
    const { part, size } = arithmetic(wanted);
    console.log(
      `${name}: ${(100 * part).toFixed(1)} % more multiplications, ${size.toFixed(0)} MiB in float32`,
    );
    const workers = [open(), open(lora)];
    const seconds: [number[], number[]] = [[], []];
    const peaks = [0, 0];
    for (const worker of workers) {
      await worker.answer();
      // Opens the model.
      await worker.ask<OurAnswer>('unet');
    }
    for (let i = 0; i < rounds; i++) {
      for (const [at, worker] of workers.entries()) {
        const answer = await worker.ask<OurAnswer>('unet');
        seconds[at]!.push(answer.cpu);
        peaks[at] = answer.peak;
      }
    }
    for (const worker of workers) worker.stop();
    const [plain, changed] = seconds.map(median) as [number, number];
    const more = median(seconds[1].map((value, i) => value / (seconds[0][i] as number))) - 1;
    console.log(
      `  a step takes ${changed.toFixed(2)} s of CPU time, without ` +
        `${plain.toFixed(2)} s (${(100 * more).toFixed(1)} % more); ${peaks[1]!.toFixed(2)} GiB at most, without ` +
        `${peaks[0]!.toFixed(2)} GiB`,
    );
  }
} finally {
  await rm(folder, { recursive: true });
}
