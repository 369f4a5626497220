/**
 * A whole Stable Diffusion v1.4 at its real size in one file (random weights, 512 x 512), beside PyTorch on the same file:
 * loading, text encoder, a U-Net step with guidance, VAE decoder, peak memory. Both run in processes of their own and take
 * turns, so that the ratio holds on a machine whose speed varies; their results are compared.
 *
 *   npm run bench:sd1 -- [F32|F16] [rounds]        needs 5 GB in the folder for temporary files
 *   PYTHON=/usr/bin/python3: with torch (Debian: python3-torch libopenblas0-pthread)
 */
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keysOf } from '../src/checkpoint/ldm/testing/toSingleFile.ts';
import { v1Configs } from '../src/checkpoint/ldm/v1.ts';
import { createGraph, type Graph, input } from '../src/graph/graph.ts';
import { clipTextModel, parseClipTextConfig } from '../src/models/clip.ts';
import { unet } from '../src/models/unet.ts';
import { parseUNetConfig } from '../src/models/unetConfig.ts';
import { decodeLatents, encodeMoments } from '../src/models/vae.ts';
import { parseVaeConfig } from '../src/models/vaeConfig.ts';
import { median } from './median.ts';
import { writeRandomTensors } from './randomWeights.ts';
import { python, startWorker } from './worker.ts';

interface Answer {
  readonly seconds: number;
  /** GiB. */
  readonly peak: number;
  readonly sample: readonly number[];
}

const configs = {
  textEncoder: { config: v1Configs.textEncoder },
  unet: { config: v1Configs.unet },
  vae: { config: v1Configs.vae },
};

/** Shapes of all parameters by part and name, as the models ask for them. */
function shapes(): Record<keyof typeof configs, Map<string, readonly number[]>> {
  const of = (build: (graph: Graph) => void) => {
    const graph = createGraph();
    build(graph);
    return new Map([...graph.parameters].map(([name, { shape }]) => [name, shape as readonly number[]]));
  };
  return {
    unet: of((graph) => {
      const config = parseUNetConfig(v1Configs.unet);
      unet(graph, config, {
        sample: input(graph, 'sample', 'float32', [1, 4, 64, 64]),
        timestep: input(graph, 'timestep', 'float32', [1]),
        encoderHiddenStates: input(graph, 'text', 'float32', [1, 77, 768]),
      });
    }),
    vae: of((graph) => {
      const config = parseVaeConfig(v1Configs.vae);
      decodeLatents(graph, config, input(graph, 'latents', 'float32', [1, 4, 8, 8]));
      encodeMoments(graph, config, input(graph, 'picture', 'float32', [1, 3, 64, 64]));
    }),
    textEncoder: of((graph) => {
      const inputIds = input(graph, 'ids', 'int64', [1, 77]);
      clipTextModel(graph, parseClipTextConfig(v1Configs.textEncoder), { inputIds });
    }),
  };
}

/** Writes the checkpoint, and for Python which key of it is which parameter. */
async function write(folder: string, dtype: 'F32' | 'F16'): Promise<{ path: string; names: string }> {
  const [path, names] = [join(folder, 'sd1.safetensors'), join(folder, 'names.json')];
  const known = shapes();
  const keys = keysOf(configs);
  await writeRandomTensors(
    path,
    keys.map(({ part, key, name }) => [key, known[part].get(name) as readonly number[]] as const),
    dtype,
  );
  const byPart = Object.fromEntries(Object.keys(configs).map((part) => [part, {} as Record<string, string>]));
  for (const { part, key, name } of keys) byPart[part]![name] = key;
  await writeFile(names, JSON.stringify(byPart));
  return { path, names };
}

function difference(ours: Answer, theirs: Answer): number {
  const scale = Math.max(...theirs.sample.map(Math.abs));
  return Math.max(...ours.sample.map((value, i) => Math.abs(value - (theirs.sample[i] as number)))) / scale;
}

async function measure(dtype: 'F32' | 'F16', rounds: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ksd-sd1-'));
  try {
    const { path, names } = await write(folder, dtype);
    const size = (await stat(path)).size / 2 ** 30;
    console.log(`\n${dtype}, one file of ${size.toFixed(2)} GiB`);
    const threads = String(availableParallelism());
    const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
    const plain = join(process.cwd(), 'bench/sd1/plain.py');
    const torch = startWorker(python, [plain, path, names, threads]);
    const { loaded, version } = await torch.answer<{ loaded: number; version: string }>();
    const began = performance.now();
    const ours = startWorker(process.execPath, [script('sd1/ours.js'), path, threads]);
    await ours.answer();
    // The first run of each part opens it, so that loading is what these take beyond a later one.
    const first = {
      text: await ours.ask<Answer>('text'),
      unet: await ours.ask<Answer>('unet'),
      decode: await ours.ask<Answer>('decode'),
    };
    const firsts = (performance.now() - began) / 1000;
    let [later, peak, theirPeak] = [0, 0, 0];
    for (const part of ['text', 'unet', 'decode'] as const) {
      const [mine, theirs]: [number[], number[]] = [[], []];
      let worst = 0;
      for (let i = 0; i < rounds; i++) {
        const [a, b] = [await ours.ask<Answer>(part), await torch.ask<Answer>(part)];
        mine.push(a.seconds);
        theirs.push(b.seconds);
        worst = Math.max(worst, difference(a, b), difference(first[part], b));
        [peak, theirPeak] = [a.peak, b.peak];
      }
      later += median(mine);
      const ratio = median(theirs.map((seconds, i) => seconds / (mine[i] as number)));
      console.log(
        `  ${part.padEnd(8)} ${median(mine).toFixed(2)} s, PyTorch ${median(theirs).toFixed(2)} s: ` +
          `${ratio.toFixed(2)} times its speed; results differ by ${worst.toExponential(0)}`,
      );
    }
    console.log(`  load     ${(firsts - later).toFixed(1)} s, PyTorch ${loaded.toFixed(1)} s`);
    console.log(`  memory   ${peak.toFixed(2)} GiB at most, PyTorch ${theirPeak.toFixed(2)} GiB`);
    const limit = 1.3 * size + 1.5e9 / 2 ** 30;
    console.log(`           (1.3 times the weights and 1.5 GB: ${limit.toFixed(2)} GiB; torch ${version})`);
    ours.stop();
    torch.stop();
  } finally {
    await rm(folder, { recursive: true });
  }
}

const [wanted, rounds = '3'] = process.argv.slice(2);
for (const dtype of ['F32', 'F16'] as const) {
  if (wanted === undefined || wanted === dtype) await measure(dtype, Number(rounds));
}
