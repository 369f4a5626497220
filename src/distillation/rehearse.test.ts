import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeSafetensors } from '../checkpoint/safetensorsWriter.ts';
import { buildCorpus } from '../corpus/build/build.ts';
import { readPairs } from '../corpus/pairs.ts';
import { encoderModel } from '../encoders/family.ts';
import { randomStream } from '../random/stream.ts';
import type { KeepingRuntime } from '../runtime/keeping.ts';
import { openRuntime } from '../runtime/node.ts';
import { wordpieceFiles } from '../text/wordpieceFiles.ts';
import { trainWordPiece } from '../text/wordpieceTrainer.ts';
import { type Experiment, readExperiment } from './experiment.ts';
import { objectiveNamed } from './objective.ts';
import { type Estimate, rehearse } from './rehearse.ts';
import { stepGraph } from './stepGraph.ts';

const teacher = resolve('models/emoji-sd/model');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ksd-rehearse-'));
  const pairs = (await readPairs('models/emoji-sd/captions/train.jsonl')).slice(0, 80);
  const file = join(folder, 'pairs.jsonl');
  await writeFile(file, pairs.map((pair) => `${JSON.stringify(pair)}\n`).join(''));
  const student = join(folder, 'klue-roberta-small');
  await writeStandIn(
    student,
    pairs.flatMap(({ en, ko }) => [en, ko]),
  );
  const tokenizers = { teacher: join(teacher, 'tokenizer'), student };
  for await (const _ of buildCorpus({ inputs: [file], out: join(folder, 'corpus'), seed: 0, tokenizers }));
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

/** A folder as klue/roberta-small is one, of a single small layer and without a pooler. */
async function writeStandIn(student: string, texts: readonly string[]): Promise<void> {
  const vocabulary = trainWordPiece(texts, { size: 500, minFrequency: 1 });
  const config = {
    model_type: 'roberta',
    vocab_size: 500,
    hidden_size: 192,
    intermediate_size: 64,
    num_hidden_layers: 1,
    num_attention_heads: 4,
    max_position_embeddings: 80,
    pad_token_id: 1,
  };
  const { parameters } = stepGraph(
    encoderModel('roberta', config, ''),
    objectiveNamed('last_hidden_state'),
    'length',
  );
  const tensors = [...parameters].map(([name, value]) => {
    const shape = value.shape as readonly number[];
    const data = randomStream(0, name).normals(
      shape.reduce((a, b) => a * b, 1),
      0,
      0.02,
    );
    return { name, dtype: 'F32' as const, shape, data };
  });
  await writeSafetensors(join(student, 'model.safetensors'), tensors);
  await writeFile(join(student, 'config.json'), JSON.stringify(config));
  for (const [name, content] of Object.entries(wordpieceFiles(vocabulary)))
    await writeFile(join(student, name), content);
}

/** The experiment with the small ones in the place of what it asks for. */
function small(experiment: Experiment): Experiment {
  const { student, corpus, training } = experiment;
  const start = student.start === 'teacher' ? student.start : join(folder, 'klue-roberta-small');
  return {
    ...experiment,
    teacher,
    student: { ...student, start },
    corpus: { ...corpus, pairs: join(folder, 'corpus'), validation: 0.2 },
    training: { ...training, batchSize: 8 },
  };
}

async function estimateOf(experiment: Experiment, runtime: KeepingRuntime): Promise<Estimate> {
  const rehearsal = rehearse(experiment, { runtime, folder: join(folder, 'run') });
  let next = await rehearsal.next();
  while (!next.done) next = await rehearsal.next();
  return next.value;
}

const atFullSize = (await readdir('experiments')).filter((file) => !file.startsWith('emoji-'));

test.each(atFullSize)('%s can be rehearsed, and leaves nothing in its run', async (file) => {
  const experiment = small(await readExperiment(join('experiments', file)));
  const runtime = await openRuntime('cpu');
  const { facts, flopsAStep, memory, cache, time } = await estimateOf(experiment, runtime);
  expect(memory.device).toBeUndefined();
  expect(facts.trainPairs).toBeGreaterThan(40);
  expect(memory.moments).toBe(8 * facts.parameters);
  // Every parameter of a layer is multiplied with every row, forward and twice backward.
  expect(flopsAStep).toBeGreaterThan(6 * 16 * 20 * 192 * 192);
  const rows = experiment.student.kind === 'roberta-pooler' ? 1 : 77;
  expect(cache % (rows * 192 * 2)).toBe(0);
  for (const seconds of Object.values(time)) expect(seconds).toBeGreaterThan(0);
  expect(await readdir(join(folder, 'run')).catch(() => [])).toEqual([]);
});

test('where the state is on a device, its memory there is estimated, and parts or checkpointing make it less', async () => {
  const runtime = { ...(await openRuntime('cpu')), keepsTensors: true };
  const experiment = small(await readExperiment('experiments/clip-250k.yaml'));
  const memoryWith = async (training: Partial<Experiment['training']>) => {
    const { memory, facts } = await estimateOf(
      { ...experiment, training: { ...experiment.training, ...training } },
      runtime,
    );
    expect(memory.device).toBeGreaterThan(16 * facts.parameters);
    return memory.activations;
  };
  const whole = await memoryWith({});
  expect(await memoryWith({ checkpointing: true })).toBeLessThan(0.8 * whole);
  expect(await memoryWith({ accumulate: 4 })).toBeLessThan(0.4 * whole);
});
