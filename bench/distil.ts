/**
 * A distillation step at the original's size, against plain PyTorch: klue/roberta-small and CLIP ViT-L/14's text encoder
 * with random weights, 32 pairs a step. Both get the same weights and texts through files, learn from them in turns, and
 * must report equal losses. PyTorch works as the original does (bench/distil/plain.py).
 *
 *   npm run bench:distil -- [roberta|clip] [steps] [--device cpu|webgpu|cuda]        needs 1 GB in the folder for temporary files
 *   PYTHON=/usr/bin/python3: with torch (Debian: python3-torch libopenblas0-pthread)
 *
 * On a graphics processor, PyTorch is compared with only where it has CUDA: then both run there, on webgpu as on cuda.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { objectiveNamed } from '../src/distillation/objective.ts';
import { stepGraph } from '../src/distillation/stepGraph.ts';
import type { EncoderModel } from '../src/encoders/model.ts';
import { type Device, devices } from '../src/runtime/session.ts';
import { promptLength } from '../src/text/tokenizer.ts';
import {
  batchesOf,
  batchSize,
  learningRate,
  objective,
  type StudentName,
  students,
  teacherModel,
} from './distil/shapes.ts';
import { median } from './median.ts';
import { writeRandomTensors } from './randomWeights.ts';
import { python, startWorker, type Worker } from './worker.ts';

interface Step {
  /** English and Korean. */
  readonly losses: readonly [number, number];
  readonly seconds: Readonly<Record<string, number>>;
  readonly step: number;
  /** GiB. */
  readonly peak: number;
}

async function writeWeights(path: string, model: EncoderModel, seed: number): Promise<void> {
  const { parameters } = stepGraph(model, objectiveNamed(objective), promptLength);
  const shapes = [...parameters].map(([name, { shape }]) => [name, shape as readonly number[]] as const);
  await writeRandomTensors(path, shapes, 'F32', { seed, neutralNorms: true });
}

async function measure(name: StudentName, steps: number, device: Device): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ksd-distil-'));
  try {
    const [student, teacher, texts] = ['student.safetensors', 'teacher.safetensors', 'batches.json'].map(
      (file) => join(folder, file),
    ) as [string, string, string];
    await writeWeights(student, students[name].model, 2);
    await writeWeights(teacher, teacherModel, 3);
    // The first one warms up.
    await writeFile(texts, JSON.stringify(batchesOf(name, steps + 1)));
    const threads = String(availableParallelism());
    const script = fileURLToPath(new URL('distil/ours.js', import.meta.url));
    const start = (...more: string[]) =>
      startWorker(process.execPath, [
        script,
        name,
        student,
        teacher,
        String(steps + 1),
        threads,
        device,
        ...more,
      ]);
    const ours = start();
    const { teacher: seconds, place } = await ours.answer<{ teacher: number; place: string }>();
    const read = seconds * batchSize;
    console.log(`on ${device}, the state on the ${place}`);
    const torchDevice = device === 'cpu' ? 'cpu' : 'cuda';
    const torch = await startTorch([
      name,
      student,
      teacher,
      texts,
      threads,
      String(learningRate),
      torchDevice,
    ]);
    await compare(name, ours, torch, { steps, read });
    ours.stop();
    torch?.stop();
    if (name === 'clip') await measureCheckpointing(start);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Rows that linear layers compute in a step: mean over an epoch. */
function sayRows(name: StudentName): void {
  if (!students[name].model.packed) return;
  const whole = batchesOf(name, Number.POSITIVE_INFINITY).filter(({ length }) => length === batchSize);
  const rows = (of: (lengths: readonly number[]) => number) => {
    const sums = whole.map((pairs) => of(pairs.flatMap(({ en, ko }) => [en.length, ko.length])));
    return (sums.reduce((a, b) => a + b, 0) / sums.length).toFixed(0);
  };
  const withPad = (length: number) => Math.min(promptLength, length + 1);
  const folded = rows((lengths) => lengths.length * withPad(Math.max(...lengths)));
  const packed = rows((lengths) => lengths.reduce((sum, length) => sum + withPad(length), 0));
  console.log(
    `  rows a step: padded ${2 * batchSize * promptLength}, pads folded ${folded}, packed ${packed}`,
  );
}

/** The same steps with layers computed twice: slower, and in less memory. */
async function measureCheckpointing(start: (option: string) => Worker): Promise<void> {
  const ours = start('checkpointing');
  await ours.answer();
  await ours.ask('learn 0');
  const { step, peak } = await ours.ask<Step>('learn 1');
  console.log(`  with checkpointing ${step.toFixed(2)} s, at most ${peak.toFixed(2)} GiB`);
  ours.stop();
}

/** Undefined, with a word about it, where there is no PyTorch. */
async function startTorch(args: readonly string[]): Promise<Worker | undefined> {
  const worker = startWorker(python, [join(process.cwd(), 'bench/distil/plain.py'), ...args]);
  try {
    const { version, gflops, device } = await worker.answer<{
      version: string;
      gflops: number;
      device: string;
    }>();
    console.log(`PyTorch ${version} on ${device}, ${gflops.toFixed(0)} GFLOP/s in a matrix product`);
    return worker;
  } catch {
    console.log(`${python} has no torch for ${args.at(-1)}: nothing to compare with`);
    return undefined;
  }
}

async function compare(
  name: StudentName,
  ours: Worker,
  torch: Worker | undefined,
  { steps, read }: { steps: number; read: number },
): Promise<void> {
  const [mine, theirs]: [Step[], Step[]] = [[], []];
  let worst = 0;
  for (let i = 0; i <= steps; i++) {
    const a = await ours.ask<Step>(`learn ${i}`);
    const b = await torch?.ask<Step>(String(i));
    for (const language of b ? ([0, 1] as const) : []) {
      worst = Math.max(worst, Math.abs(a.losses[language] / b!.losses[language] - 1));
    }
    if (i === 0) continue;
    mine.push(a);
    if (b) theirs.push(b);
  }
  const { forward, optimizer } = await ours.ask<{ forward: number; optimizer?: number }>('parts');
  const step = median(mine.map((each) => each.step));
  const data = median(mine.map(({ seconds }) => seconds['data']!));
  // On a device the update is a graph, and its time not apart from that of the backward pass.
  const parts = optimizer === undefined ? { forward } : { forward, optimizer };
  const backward = step - data - forward - (optimizer ?? 0);
  console.log(`${name}, ${batchSize} pairs a step, ${steps} steps`);
  sayRows(name);
  row('ours', step, mine, { data, teacher: 0, ...parts, backward });
  console.log(
    `  the teacher reads once: ${read.toFixed(2)} s for the sentences of a step, in the first epoch only`,
  );
  if (theirs.length === 0) return;
  const seconds = (part: string) => median(theirs.map((each) => each.seconds[part]!));
  const names = ['data', 'teacher', 'forward', 'optimizer', 'backward'];
  const their = median(theirs.map((each) => each.step));
  row('PyTorch', their, theirs, Object.fromEntries(names.map((part) => [part, seconds(part)])));
  const ratio = median(theirs.map((each, i) => each.step / mine[i]!.step));
  const epochs = 5;
  const amortised = median(theirs.map((each, i) => each.step / (mine[i]!.step + read / epochs)));
  console.log(
    `  ${ratio.toFixed(2)} times PyTorch's speed, ${amortised.toFixed(2)} times with the teacher's reading in a run of ${epochs} epochs; ` +
      `losses differ by ${worst.toExponential(0)} of their size`,
  );
}

function row(
  who: string,
  step: number,
  all: readonly Step[],
  seconds: Readonly<Record<string, number>>,
): void {
  const parts = Object.entries(seconds).map(([part, value]) => `${part} ${value.toFixed(2)}`);
  const peak = Math.max(...all.map((each) => each.peak));
  console.log(
    `  ${who.padEnd(8)} ${(batchSize / step).toFixed(2)} pairs/s, ${step.toFixed(2)} s (${parts.join(', ')}), at most ${peak.toFixed(2)} GiB`,
  );
}

const { values, positionals } = parseArgs({
  options: { device: { type: 'string', default: 'cpu' } },
  allowPositionals: true,
});
const [wanted, steps = '3'] = positionals;
const device = devices.find((known) => known === values.device);
if (device === undefined) throw new Error(`--device must be one of ${devices.join(', ')}.`);
for (const name of ['roberta', 'clip'] as const) {
  if (wanted === undefined || wanted === name) await measure(name, Number(steps), device);
}
