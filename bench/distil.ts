/**
 * Time of a distillation step: pads folded against padded to 77, for the student of experiments/emoji-roberta.yaml on
 * batches of its captions. Prints milliseconds a step (median of interleaved runs) and the ratio.
 *
 *   npm run bench:distil
 */
import { openDiffusersFolder } from '../src/checkpoint/diffusersFolder.ts';
import { batchOf, epochBatches, readData } from '../src/distillation/data.ts';
import { readExperiment } from '../src/distillation/experiment.ts';
import { objectiveNamed } from '../src/distillation/objective.ts';
import { initialParameters, openStart } from '../src/distillation/start.ts';
import { createStudent } from '../src/distillation/student.ts';
import { openTokenizer } from '../src/encoders/tokenizerFolder.ts';
import { randomStream } from '../src/random/stream.ts';
import { openRuntime } from '../src/runtime/node.ts';
import { promptLength } from '../src/text/tokenizer.ts';

const rounds = 20;

const experiment = await readExperiment('experiments/emoji-roberta.yaml');
const teacher = await openDiffusersFolder(experiment.teacher);
const start = await openStart(experiment, teacher.textEncoder.folder);
const { tokenizer } = await openTokenizer(teacher.tokenizer.folder);
const sampled = { ...experiment, corpus: { ...experiment.corpus, sample: 4000 } };
const data = await readData(sampled, tokenizer, start.tokenizer.tokenizer);

// The teacher's values do not change the time; random ones do.
const rows = randomStream(0, 'teacher').normals(promptLength * start.model.hiddenSize);
const cache = { read: async () => rows, close: async () => {} };
const settings = { variant: 'torch', weightDecay: 1e-4, decayRule: 'original' } as const;
const student = await createStudent(
  await openRuntime('cpu'),
  start.model,
  objectiveNamed('last_hidden_state'),
  settings,
  (parameters) => initialParameters(start, parameters, experiment.seed),
);

async function step(places: readonly number[], fold: boolean): Promise<number> {
  const pairs = places.map((place) => data.train[place]!);
  const began = performance.now();
  const batch = await batchOf(pairs, cache, {
    model: start.model,
    padId: start.tokenizer.tokenizer.padId,
    perPosition: true,
    fold,
  });
  await student.learn(batch, 1e-4);
  return performance.now() - began;
}

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

const batches = epochBatches(data.train, experiment.training.batchSize, experiment.seed, 0);
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
