/**
 * Time of a distillation step: pads folded against padded to 77, for the student of experiments/emoji-roberta.yaml on
 * batches of its captions. Prints milliseconds a step (median of interleaved runs) and the ratio.
 *
 *   npm run bench:distil
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDiffusersFolder } from '../src/checkpoint/diffusersFolder.ts';
import {
  batchOf,
  type Data,
  type DataOptions,
  epochBatches,
  longerLengths,
  readData,
} from '../src/distillation/data.ts';
import { readExperiment } from '../src/distillation/experiment.ts';
import { objectiveNamed } from '../src/distillation/objective.ts';
import { initialParameters, openStart } from '../src/distillation/start.ts';
import { createStudent } from '../src/distillation/student.ts';
import { randomStream } from '../src/random/stream.ts';
import { openRuntime } from '../src/runtime/node.ts';
import { promptLength } from '../src/text/tokenizer.ts';
import { median } from './median.ts';

const rounds = 20;

const experiment = await readExperiment('experiments/emoji-roberta.yaml');
const teacher = await openDiffusersFolder(experiment.teacher);
const start = await openStart(experiment, teacher);
const folder = await mkdtemp(join(tmpdir(), 'ksd-bench-'));
const sampled = { ...experiment, corpus: { ...experiment.corpus, sample: 4000 } };
const data = await dataOf({
  folder,
  teacher: teacher.tokenizer.folder,
  student: start.tokenizer,
});

async function dataOf(options: DataOptions): Promise<Data> {
  const reading = readData(sampled, options);
  let next = await reading.next();
  while (!next.done) next = await reading.next();
  return next.value;
}

// The teacher's values do not change the time; random ones do.
const states = randomStream(0, 'teacher').normals(promptLength * start.model.hiddenSize);
const cache = { read: async () => states, close: async () => {} };
const settings = { variant: 'torch', weightDecay: 1e-4, decayRule: 'original' } as const;
const student = await createStudent(
  await openRuntime('cpu'),
  start.model,
  objectiveNamed('last_hidden_state'),
  settings,
  (parameters) => initialParameters(start, parameters, experiment.seed),
);

async function step(places: readonly number[], fold: boolean): Promise<number> {
  const rows = places.map((place) => data.train[place]!);
  const began = performance.now();
  const batch = await batchOf(data, rows, cache, {
    model: start.model,
    padId: start.tokenizer.tokenizer.padId,
    perPosition: true,
    fold,
  });
  await student.learn(batch, 1e-4);
  return performance.now() - began;
}

const batches = epochBatches(
  longerLengths(data, data.train),
  experiment.training.batchSize,
  experiment.seed,
  0,
);
const times = { folded: [] as number[], padded: [] as number[] };
for (let i = -2; i < rounds; i++) {
  const places = batches[(i + 2) % batches.length]!;
  const folded = await step(places, true);
  const padded = await step(places, false);
  if (i < 0) continue;
  times.folded.push(folded);
  times.padded.push(padded);
}
const [folded, padded] = [median(times.folded), median(times.padded)];
console.log(`${experiment.training.batchSize} pairs a step, ${rounds} steps each way, interleaved`);
console.log(
  `folded ${folded.toFixed(0)} ms, padded ${padded.toFixed(0)} ms: ${(padded / folded).toFixed(1)} times faster`,
);
await student.dispose();
await data.tokens.close();
await rm(folder, { recursive: true });
