/**
 * The same as plain.py with this project, by the code that `ksd distill` runs: the teacher's states come from a cache on
 * disk, which is filled first.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readFloat32, tensorNamed } from '../../src/checkpoint/tensorEntry.ts';
import { openWeights } from '../../src/checkpoint/weights.ts';
import { adamw } from '../../src/distillation/adamw/adamw.ts';
import { createTrainingMemory } from '../../src/distillation/adamw/memory.ts';
import { batchOf, lossesOf } from '../../src/distillation/data.ts';
import { objectiveNamed } from '../../src/distillation/objective.ts';
import { createStudent } from '../../src/distillation/student.ts';
import { openCache } from '../../src/distillation/teacher.ts';
import { createGraph } from '../../src/graph/graph.ts';
import { compile } from '../../src/runtime/compile.ts';
import { openRuntime } from '../../src/runtime/node.ts';
import type { Device } from '../../src/runtime/session.ts';
import { promptLength } from '../../src/text/tokenizer.ts';
import {
  batchesOf,
  learningRate,
  objective as objectiveName,
  type Pair,
  type StudentName,
  students,
  teacherModel,
  teacherPad,
} from './shapes.ts';

const [
  name = 'roberta',
  studentPath = '',
  teacherPath = '',
  count = '1',
  threads = '1',
  device = 'cpu',
  checkpointing,
] = process.argv.slice(2);
const { model: encoder, vocabulary } = students[name as StudentName];
const model = encoder.packed ?? encoder;
const objective = objectiveNamed(objectiveName);
const runtime = await openRuntime(device as Device, { threads: Number(threads) });
const batches = batchesOf(name as StudentName, Number(count));
const pairs = batches.flat();
const rowValues = promptLength * model.hiddenSize;
const folder = await mkdtemp(join(tmpdir(), 'ksd-bench-'));
const say = (answer: object) => process.stdout.write(`${JSON.stringify(answer)}\n`);

/** Fills the cache; returns it and the seconds a text took. */
async function readTeacher() {
  const graph = createGraph();
  const rows = objective.teacher(teacherModel.build(graph, promptLength));
  const session = await compile(runtime, graph, { rows }, await openWeights(teacherPath));
  const began = performance.now();
  const filling = openCache(
    {
      rows: async (texts) => {
        const ids = new Int32Array(texts.length * promptLength).fill(teacherPad);
        texts.forEach((text, i) => {
          ids.set(pairs[Number(text)]!.teacher, i * promptLength);
        });
        const states = (await session.run(teacherModel.feeds(ids, promptLength)))['rows']!
          .data as Float32Array;
        return texts.map((_, i) => states.subarray(i * rowValues, (i + 1) * rowValues));
      },
    },
    pairs.map((_, i) => String(i)),
    { path: join(folder, 'teacher.f16'), size: rowValues },
  );
  let next = await filling.next();
  while (!next.done) next = await filling.next();
  await session.dispose();
  return { cache: next.value, seconds: (performance.now() - began) / 1000 / pairs.length };
}

const { cache, seconds: teacherSeconds } = await readTeacher();
const weights = await openWeights(studentPath);
const optimizer = { variant: 'hf', weightDecay: 1e-4, decayRule: 'original' } as const;
const settings = { ...optimizer, checkpointing: checkpointing === 'checkpointing' };
const student = await createStudent(runtime, model, objective, settings, async (parameters) => {
  const values = new Map<string, Float32Array>();
  for (const key of parameters.keys()) values.set(key, await readFloat32(tensorNamed(weights, key)));
  return values;
});
const data = {
  sentenceOf: Int32Array.from(pairs, (_, i) => i),
  tokens: {
    lengths: new Uint8Array(),
    read: async (row: number): Promise<Pair> => pairs[row]!,
    close: async () => {},
  },
};
const places = (batch: number) => batches[batch]!.map((_, i) => batches.slice(0, batch).flat().length + i);
const options = { model, padId: vocabulary.pad, perPosition: true };

async function learn(batch: number, fold: boolean) {
  const began = performance.now();
  const fed = await batchOf(data, places(batch), cache, { ...options, fold });
  const ready = performance.now();
  const { lossEn, lossKo } = lossesOf(
    (await student.learn([fed], learningRate))[0]!,
    fed.constants,
    rowValues,
  );
  const done = performance.now();
  const size = batches[batch]!.length;
  return {
    losses: [lossEn / size, lossKo / size],
    seconds: { data: (ready - began) / 1000 },
    step: (done - began) / 1000,
  };
}

async function forward(batch: number, fold: boolean): Promise<number> {
  const fed = await batchOf(data, places(batch), cache, { ...options, fold });
  const began = performance.now();
  await student.measure(fed);
  return (performance.now() - began) / 1000;
}

/** The host's update by gradients of zero, at no rate: it takes as long as any other. On a device it is a part of `learn`. */
function update(): number | undefined {
  if (student.place !== 'host') return undefined;
  const parameters = student.parameters.map((each) => ({ ...each, decay: true }));
  const gradients = Object.fromEntries(
    parameters.map(({ name, shape }) => [name, new Float32Array(shape.reduce((a, b) => a * b, 1))]),
  );
  const optimizing = adamw(createTrainingMemory(parameters), optimizer);
  // The first one touches the memory.
  optimizing.step(gradients, 0);
  const began = performance.now();
  optimizing.step(gradients, 0);
  return (performance.now() - began) / 1000;
}

const peak = () => process.resourceUsage().maxRSS / 2 ** 20;
say({ teacher: teacherSeconds, place: student.place });
for await (const line of createInterface({ input: process.stdin })) {
  const [what, batch = '0'] = line.split(' ');
  if (what === 'learn') say({ ...(await learn(Number(batch), true)), peak: peak() });
  else if (what === 'padded') say({ ...(await learn(Number(batch), false)), peak: peak() });
  else say({ forward: await forward(Number(batch), true), optimizer: update() });
}
await rm(folder, { recursive: true });
process.exit();
