/**
 * Stable Diffusion v1.4's U-Net and CLIP ViT-L/14's text encoder at their real shapes with random weights: time to
 * load, time of a step, peak memory, from F32 and from F16 files. Each measurement runs in a process of its own.
 *
 *   npm run bench:fullsize -- [unet|clip] [F32|F16]
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openWeights } from '../src/checkpoint/weights.ts';
import { createGraph, type Graph, input, type Value } from '../src/graph/graph.ts';
import { clipTextModel, parseClipTextConfig } from '../src/models/clip.ts';
import { unet } from '../src/models/unet.ts';
import { parseUNetConfig } from '../src/models/unetConfig.ts';
import { compile } from '../src/runtime/compile.ts';
import { openRuntime } from '../src/runtime/node.ts';
import type { Tensors } from '../src/runtime/session.ts';
import { floatTensor, intTensor } from '../src/runtime/tensor.ts';
import { writeRandomWeights } from './randomWeights.ts';

interface Subject {
  readonly graph: Graph;
  readonly output: Value;
  readonly feeds: Tensors;
}

/** One denoising step as guidance takes it: a batch of two, latents of a 512 x 512 picture. */
function buildUNet(): Subject {
  const config = parseUNetConfig({ cross_attention_dim: 768, sample_size: 64 });
  const graph = createGraph();
  const output = unet(graph, config, {
    sample: input(graph, 'sample', 'float32', ['batch', 4, 64, 64]),
    timestep: input(graph, 'timestep', 'float32', [1]),
    encoderHiddenStates: input(graph, 'text', 'float32', ['batch', 'length', 768]),
  });
  const wave = (...shape: number[]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return floatTensor(
      Float32Array.from({ length: size }, (_, i) => Math.sin(i)),
      shape,
    );
  };
  const timestep = floatTensor(Float32Array.of(500), [1]);
  return { graph, output, feeds: { sample: wave(2, 4, 64, 64), timestep, text: wave(2, 77, 768) } };
}

/** The conditional and the unconditional prompt. */
function buildClip(): Subject {
  const config = parseClipTextConfig({
    hidden_size: 768,
    intermediate_size: 3072,
    num_hidden_layers: 12,
    num_attention_heads: 12,
  });
  const graph = createGraph();
  const inputIds = input(graph, 'input_ids', 'int64', ['batch', 77]);
  const { lastHiddenState } = clipTextModel(graph, config, { inputIds });
  const ids = intTensor(
    Array.from({ length: 2 * 77 }, (_, i) => (i * 7919) % config.vocabSize),
    [2, 77],
  );
  return { graph, output: lastHiddenState, feeds: { input_ids: ids } };
}

const subjects: Readonly<Record<string, () => Subject>> = { unet: buildUNet, clip: buildClip };

async function measure(name: string, path: string): Promise<void> {
  const { graph, output, feeds } = subjects[name]!();
  const start = performance.now();
  const session = await compile(await openRuntime('cpu'), graph, { output }, await openWeights(path));
  const loaded = performance.now();
  const times: number[] = [];
  for (let i = 0; i < 3; i++) {
    const before = performance.now();
    const { data } = (await session.run(feeds))['output']!;
    if (!Number.isFinite(Number(data[0]))) throw new Error('The output is not finite.');
    times.push((performance.now() - before) / 1000);
  }
  const seconds = times.map((time) => time.toFixed(2)).join(', ');
  const peak = (process.resourceUsage().maxRSS / 2 ** 20).toFixed(2);
  console.log(
    `  load ${((loaded - start) / 1000).toFixed(1)} s, steps ${seconds} s, peak memory ${peak} GiB`,
  );
}

async function main(names: readonly string[], dtypes: readonly ('F32' | 'F16')[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'fullsize-'));
  try {
    for (const name of names) {
      for (const dtype of dtypes) {
        const path = join(folder, `${name}.safetensors`);
        await writeRandomWeights(path, subjects[name]!().graph, dtype);
        console.log(`${name} ${dtype}, ${((await stat(path)).size / 2 ** 30).toFixed(2)} GiB`);
        const script = fileURLToPath(import.meta.url);
        spawnSync(process.execPath, [script, 'measure', name, path], { stdio: 'inherit' });
        await rm(path);
      }
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

const [first, second, third] = process.argv.slice(2);
if (first === 'measure') await measure(second!, third!);
else {
  const dtypes = (['F32', 'F16'] as const).filter((dtype) => second === undefined || second === dtype);
  await main(first === undefined ? Object.keys(subjects) : [first], dtypes);
}
