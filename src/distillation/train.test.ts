import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readFloat32, tensorNamed } from '../checkpoint/tensorEntry.ts';
import { openWeights } from '../checkpoint/weights.ts';
import { readPairs } from '../corpus/pairs.ts';
import { openTextEncoder } from '../encoders/textEncoder.ts';
import { KsdError } from '../errors.ts';
import type { KeepingRuntime } from '../runtime/keeping.ts';
import { openRuntime } from '../runtime/node.ts';
import { wordpieceFiles } from '../text/wordpieceFiles.ts';
import { trainWordPiece } from '../text/wordpieceTrainer.ts';
import type { Experiment } from './experiment.ts';
import { parseExperiment } from './experiment.ts';
import { readMetrics } from './runFolder.ts';
import { type TrainEvent, train } from './train.ts';

const model = resolve('models/emoji-sd/model');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ksd-train-'));
  const pairs = (await readPairs('models/emoji-sd/captions/train.jsonl')).slice(0, 120);
  await writeFile(join(folder, 'pairs.jsonl'), pairs.map((pair) => `${JSON.stringify(pair)}\n`).join(''));
  const vocabulary = trainWordPiece(
    pairs.flatMap(({ en, ko }) => [en, ko]),
    { size: 600, minFrequency: 1 },
  );
  for (const [name, content] of Object.entries(wordpieceFiles(vocabulary)))
    await writeFile(join(folder, name), content);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function experiment(training: object = {}, kind = 'roberta', corpus: object = {}): Experiment {
  const config = {
    hidden_size: 192,
    intermediate_size: 64,
    num_hidden_layers: 1,
    num_attention_heads: 4,
    max_position_embeddings: 80,
    layer_norm_eps: 1e-5,
  };
  const yaml = JSON.stringify({
    name: 'tiny',
    seed: 7,
    teacher: model,
    student: { kind, start: 'random', tokenizer: '.', config },
    corpus: { pairs: 'pairs.jsonl', validation: 0.2, ...corpus },
    training: { epochs: 2, batchSize: 16, optimizer: 'torch', learningRate: 2e-3, ...training },
  });
  return parseExperiment(yaml, join(folder, 'tiny.yaml'));
}

async function runTo(
  name: string,
  what: Experiment,
  stopAfter = Number.POSITIVE_INFINITY,
  given?: KeepingRuntime,
): Promise<TrainEvent[]> {
  const runtime = given ?? (await openRuntime('cpu'));
  const stop = new AbortController();
  const events: TrainEvent[] = [];
  for await (const event of train(what, { runtime, folder: join(folder, name), signal: stop.signal })) {
    events.push(event);
    if (event.kind === 'step' && event.metric.step === stopAfter) stop.abort();
  }
  return events;
}

async function traceOf(name: string) {
  const metrics = await readMetrics(join(folder, name));
  return metrics.map((metric) => ({ ...metric, pairsPerSecond: 0 }));
}

test('a run learns: both losses fall, and best has the lowest validation loss', async () => {
  const events = await runTo('whole', experiment({ epochs: 6 }));
  const epochs = events.filter((event) => event.kind === 'epoch');
  expect(epochs).toHaveLength(6);
  const [first, last] = [epochs[0]!.metric, epochs.at(-1)!.metric];
  expect(last.train.lossKo).toBeLessThan(first.train.lossKo * 0.8);
  expect(last.train.lossEn).toBeLessThan(first.train.lossEn * 0.8);
  const losses = epochs.map(({ metric: { validation } }) => validation.lossEn + validation.lossKo);
  const state = JSON.parse(await readFile(join(folder, 'whole', 'best', 'state.json'), 'utf8'));
  expect(state.best.loss).toBeCloseTo(Math.min(...losses), 12);
});

test('a run that was stopped twice ends with the bytes of one that was not', async () => {
  await runTo('straight', experiment());
  expect((await runTo('stopped', experiment(), 3)).at(-1)?.kind).toBe('stopped');
  await runTo('stopped', experiment(), 9);
  await runTo('stopped', experiment());
  expect(await traceOf('stopped')).toEqual(await traceOf('straight'));
  for (const file of ['model.safetensors', 'optimizer.safetensors']) {
    const [a, b] = await Promise.all(
      ['stopped', 'straight'].map((run) => readFile(join(folder, run, 'last', file))),
    );
    expect(a!.equals(b!), file).toBe(true);
  }
});

test('a run on a device in half precision, stopped and taken up again, ends with the bytes of one that was not', async () => {
  const onDevice = { ...(await openRuntime('cpu')), keepsTensors: true };
  const half = experiment({ precision: 'f16', clipNorm: 0.5, epochs: 1, checkpointEvery: 2 });
  await runTo('half', half, undefined, onDevice);
  expect((await runTo('half-stopped', half, 3, onDevice)).at(-1)?.kind).toBe('stopped');
  await runTo('half-stopped', half, undefined, onDevice);
  expect(await traceOf('half-stopped')).toEqual(await traceOf('half'));
  expect(JSON.parse(await readFile(join(folder, 'half', 'run.json'), 'utf8'))).toMatchObject({
    state: 'device',
  });
  for (const file of ['model.safetensors', 'optimizer.safetensors', 'state.json']) {
    const [a, b] = await Promise.all(
      ['half-stopped', 'half'].map((run) => readFile(join(folder, run, 'last', file))),
    );
    expect(a!.equals(b!), file).toBe(true);
  }
  const { lossScale } = JSON.parse(await readFile(join(folder, 'half', 'last', 'state.json'), 'utf8'));
  expect(lossScale).toMatchObject({ scale: 65_536, skipped: 0 });
});

test('a run that was stopped while it validated ends with the bytes of one that was not', async () => {
  const runtime = await openRuntime('cpu');
  const stop = new AbortController();
  const options = { runtime, folder: join(folder, 'validating'), signal: stop.signal };
  let last: TrainEvent | undefined;
  for await (const event of train(experiment(), options)) {
    last = event;
    if (event.kind === 'validate') stop.abort();
  }
  expect(last?.kind).toBe('stopped');
  await runTo('validating', experiment());
  expect(await traceOf('validating')).toEqual(await traceOf('straight'));
  const [a, b] = await Promise.all(
    ['validating', 'straight'].map((run) => readFile(join(folder, run, 'last', 'model.safetensors'))),
  );
  expect(a!.equals(b!)).toBe(true);
});

test('without validation pairs the best epoch is that of the lowest training loss', async () => {
  // More pairs a step than there are: one step an epoch.
  const all = experiment({ batchSize: 1000, warmup: 0 }, 'roberta', { validation: 0 });
  const events = await runTo('all', all);
  expect(events.filter((event) => event.kind === 'validate')).toEqual([]);
  const epochs = events.filter((event) => event.kind === 'epoch');
  expect(epochs.map(({ best }) => best)).toEqual([true, true]);
  expect(epochs[1]!.metric.validation).toEqual({ lossEn: Number.NaN, lossKo: Number.NaN });
  const { train: losses } = epochs[1]!.metric;
  const state = JSON.parse(await readFile(join(folder, 'all', 'best', 'state.json'), 'utf8'));
  expect(state.best.loss).toBeCloseTo(losses.lossEn + losses.lossKo, 12);
  expect((await runTo('all', all)).at(-1)!.kind).toBe('start');
});

test('folding pads changes no loss beyond rounding', async () => {
  await runTo('folded', experiment());
  await runTo('padded', experiment({ foldPads: false }));
  const [folded, padded] = [await traceOf('folded'), await traceOf('padded')];
  expect(folded).toHaveLength(padded.length);
  folded.forEach((metric, i) => {
    const other = padded[i]!;
    if (metric.kind !== 'step' || other.kind !== 'step') return;
    expect(metric.lossKo).toBeCloseTo(other.lossKo, 3);
    expect(metric.lossEn).toBeCloseTo(other.lossEn, 3);
  });
});

test('a step in parts, with its layers computed twice, is the same step', async () => {
  await runTo('parts', experiment({ accumulate: 3, checkpointing: true }), 4);
  const whole = await traceOf('straight');
  for (const [i, metric] of (await traceOf('parts')).entries()) {
    expect(metric.step).toBe(i + 1);
    const other = whole[i]!;
    if (metric.kind !== 'step' || other.kind !== 'step') continue;
    expect(metric.lossKo).toBeCloseTo(other.lossKo, 4);
    expect(metric.lossEn).toBeCloseTo(other.lossEn, 4);
  }
});

test('a step in parts that is taught by InfoNCE compares all of its texts', async () => {
  const taught = (training: object) =>
    parseExperiment(
      JSON.stringify({ ...experiment({ epochs: 1, ...training }), loss: { contrastive: 1 } }),
      join(folder, 'x.yaml'),
    );
  await runTo('contrast', taught({}), 4);
  await runTo('contrast-parts', taught({ accumulate: 3 }), 4);
  const whole = await traceOf('contrast');
  for (const [i, metric] of (await traceOf('contrast-parts')).entries()) {
    const other = whole[i]!;
    if (metric.kind !== 'step' || other.kind !== 'step') throw new Error('no step');
    expect(metric.lossKo).toBeCloseTo(other.lossKo, 4);
  }
});

test('a finished run is an encoder that opens with its tokenizer', async () => {
  const encoder = await openTextEncoder(await openRuntime('cpu'), join(folder, 'whole', 'best'));
  const states = await encoder.encode(['빨간 사과', 'a red apple']);
  expect(states.shape).toEqual([2, 77, 192]);
  expect(states.data.every(Number.isFinite)).toBe(true);
});

test('the pooled student trains its pooler', async () => {
  const events = await runTo('pooled', experiment({}, 'roberta-pooler'));
  const epochs = events.filter((event) => event.kind === 'epoch');
  expect(epochs[1]!.metric.train.lossKo).toBeLessThan(epochs[0]!.metric.train.lossKo);
});

test('a run that is taught by all terms of a loss measures the U-Net once, and goes on as if it had not stopped', async () => {
  const loss = { positions: 'reading', cosine: 0.5, contrastive: 0.1 };
  const taught = parseExperiment(
    JSON.stringify({ ...experiment({ epochs: 1 }), loss }),
    join(folder, 'x.yaml'),
  );
  await runTo('taught', taught);
  const measured = await readFile(join(folder, 'taught', 'loss.json'), 'utf8');
  const { positionWeights } = JSON.parse(measured) as { positionWeights: number[] };
  expect(positionWeights.reduce((a, b) => a + b) / 77).toBeCloseTo(1, 5);
  expect(Math.max(...positionWeights)).toBeGreaterThan(1.5);
  await runTo('taught-stopped', taught, 2);
  await runTo('taught-stopped', taught);
  expect(await readFile(join(folder, 'taught-stopped', 'loss.json'), 'utf8')).toBe(measured);
  expect(await traceOf('taught-stopped')).toEqual(await traceOf('taught'));
});

test('a run with changed Korean texts learns otherwise, validates on the same texts, and goes on as if it had not stopped', async () => {
  const augment = { words: 0.5, requests: 0.5, casual: 0.5, mixing: 0.5, spacing: 0.5, typos: 0.5 };
  const changed = experiment({ epochs: 1 }, 'roberta', { augment });
  await runTo('augmented', changed);
  await runTo('augmented-stopped', changed, 2);
  await runTo('augmented-stopped', changed);
  expect(await traceOf('augmented-stopped')).toEqual(await traceOf('augmented'));
  await runTo('plain', experiment({ epochs: 1 }));
  const [plain, augmented] = [await traceOf('plain'), await traceOf('augmented')];
  expect(augmented[0]!).not.toEqual(plain[0]!);
});

test.each(['roberta-bias', 'roberta-counting', 'roberta-reader'])(
  'a finished run of a %s opens as an encoder with a row for each position',
  async (kind) => {
    const small = { ...experiment({ epochs: 1, batchSize: 32 }, kind), name: kind };
    await runTo(kind, { ...small, corpus: { ...small.corpus, sample: 64 } });
    const encoder = await openTextEncoder(await openRuntime('cpu'), join(folder, kind, 'best'));
    const states = await encoder.encode(['빨간 사과']);
    expect(states.shape).toEqual([1, 77, 192]);
    // After the end of a text, too, rows differ.
    expect(states.data.subarray(60 * 192, 61 * 192)).not.toEqual(states.data.subarray(61 * 192, 62 * 192));
    await encoder.dispose();
  },
);

test('a student is grown from a RoBERTa: what it has stays, what it lacks is new', async () => {
  const grown = parseExperiment(
    JSON.stringify({
      name: 'grown',
      teacher: model,
      student: { kind: 'roberta-bias', start: 'whole/best' },
      corpus: { pairs: 'pairs.jsonl' },
      training: { epochs: 1, optimizer: 'torch', learningRate: 1e-4 },
    }),
    join(folder, 'grown.yaml'),
  );
  const [epoch] = (await runTo('grown', grown)).filter((event) => event.kind === 'epoch');
  const state = JSON.parse(await readFile(join(folder, 'whole', 'best', 'state.json'), 'utf8'));
  expect(epoch!.metric.validation.lossEn + epoch!.metric.validation.lossKo).toBeLessThan(
    state.best.loss * 1.1,
  );
  const { model_type } = JSON.parse(await readFile(join(folder, 'grown', 'best', 'config.json'), 'utf8'));
  expect(model_type).toBe('ksd_roberta_bias');
});

test('a run folder of another experiment is refused, and left alone', async () => {
  const other = experiment({ epochs: 6, learningRate: 1e-4 });
  await expect(runTo('whole', other)).rejects.toThrow(
    /another experiment: training\.learningRate is 0\.002 there, 0\.0001 here/,
  );
});

test('a run whose pairs were changed is refused', async () => {
  const path = join(folder, 'changing.jsonl');
  const text = await readFile(join(folder, 'pairs.jsonl'), 'utf8');
  await writeFile(path, text);
  const what = experiment({}, 'roberta', { pairs: 'changing.jsonl' });
  await runTo('changing', what, 2);
  await writeFile(path, text.slice(text.indexOf('\n') + 1));
  await expect(runTo('changing', what)).rejects.toThrow(/no longer those that the run/);
});

test('an experiment that could not begin can be corrected under its name', async () => {
  const stop = AbortSignal.abort();
  const options = { runtime: await openRuntime('cpu'), folder: join(folder, 'corrected'), signal: stop };
  const beginning = async () => {
    for await (const event of train(experiment({ learningRate: 1e-4 }), options))
      expect(event.kind).not.toBe('step');
  };
  await expect(beginning()).rejects.toBe(stop.reason);
  await runTo('corrected', experiment(), 1);
  expect((await readMetrics(join(folder, 'corrected'))).map(({ step }) => step)).toEqual([1]);
});

test('a tokenizer that pads otherwise than the student is refused', async () => {
  const odd = experiment();
  const config = { ...odd.student.config, pad_token_id: 0 };
  await expect(runTo('pads', { ...odd, student: { ...odd.student, config } })).rejects.toThrow(
    /pads with 1, but pad_token_id is 0/,
  );
});

test.each([
  ['is no longer a number', 1e30, /no longer (a number|numbers)/],
  ['is beyond all bounds', 300, /diverged: at step \d+/],
])('a run whose loss %s stops with its last checkpoint whole', async (name, learningRate, message) => {
  const wild = experiment({ learningRate, warmup: 0, epochs: 20, checkpointEvery: 2 });
  await expect(runTo(name, wild)).rejects.toThrow(message);
  const { step } = JSON.parse(
    await readFile(join(folder, name, 'last', 'state.json'), 'utf8').catch(() => '{"step":0}'),
  );
  if (step === 0) return;
  const weights = await openWeights(join(folder, name, 'last', 'model.safetensors'));
  for (const entry of weights.tensors.values())
    expect((await readFloat32(entry)).every(Number.isFinite)).toBe(true);
});

test('a corpus without pairs is refused', async () => {
  await writeFile(join(folder, 'empty.jsonl'), '');
  await expect(runTo('empty', experiment({}, 'roberta', { pairs: 'empty.jsonl' }))).rejects.toThrow(KsdError);
});

test('a file of pairs that changes while a run learns from it changes nothing', async () => {
  const path = join(folder, 'moving.jsonl');
  await writeFile(path, await readFile(join(folder, 'pairs.jsonl')));
  const options = { runtime: await openRuntime('cpu'), folder: join(folder, 'moving') };
  for await (const event of train(experiment({}, 'roberta', { pairs: 'moving.jsonl' }), options)) {
    if (event.kind === 'step' && event.metric.step === 3) await writeFile(path, '');
  }
  expect(await traceOf('moving')).toEqual(await traceOf('straight'));
});

test('a folder in which a training goes on is refused', async () => {
  const what = experiment();
  const options = { runtime: await openRuntime('cpu'), folder: join(folder, 'twice') };
  for await (const event of train(what, options)) {
    if (event.kind !== 'step') continue;
    await expect(train(what, options).next()).rejects.toThrow(/is training in/);
    break;
  }
  expect(await readdir(options.folder)).not.toContain('lock.json');
}, 30_000);

function narrow(projection?: boolean): Experiment {
  const whole = experiment();
  const config = { ...whole.student.config, hidden_size: 96 };
  const student = { ...whole.student, config, ...(projection === undefined ? {} : { projection }) };
  return { ...whole, student };
}

test('a student of another width than its teacher learns a projection, and is opened with it', async () => {
  await runTo('narrow', narrow(), 1);
  const begun = await projectionOf('narrow');
  expect(begun.shape).toEqual([192, 96]);
  const events = await runTo('narrow', narrow());
  const epochs = events.filter((event) => event.kind === 'epoch');
  expect(epochs[1]!.metric.train.lossKo).toBeLessThan(epochs[0]!.metric.train.lossKo);
  expect((await projectionOf('narrow')).data).not.toEqual(begun.data);

  const encoder = await openTextEncoder(await openRuntime('cpu'), join(folder, 'narrow', 'best'));
  expect((await encoder.encode(['사과'])).shape).toEqual([1, 77, 192]);
  await encoder.dispose();
});

test('a projection that was stopped and goes on ends as one that was not', async () => {
  await runTo('narrow-whole', narrow());
  expect(await projectionOf('narrow')).toEqual(await projectionOf('narrow-whole'));
});

test('a square projection that is asked for begins as the identity', async () => {
  const whole = experiment({ learningRate: 1e-9 });
  await runTo('square', { ...whole, student: { ...whole.student, projection: true } }, 1);
  const { shape, data } = await projectionOf('square');
  expect(shape).toEqual([192, 192]);
  data.forEach((value, i) => {
    expect(value).toBeCloseTo(i % 193 === 0 ? 1 : 0, 6);
  });
});

test('a student of another width is refused where its experiment wants no projection', async () => {
  await expect(runTo('refused', narrow(false))).rejects.toThrow(
    /96 wide, the teacher's 192.*projection: true/,
  );
});

/** The projection of the run's last checkpoint. */
async function projectionOf(run: string) {
  const weights = await openWeights(join(folder, run, 'last', 'model.safetensors'));
  const entry = tensorNamed(weights, 'transformation.weight');
  return { shape: entry.shape, data: await readFloat32(entry) };
}

test.each([
  ['bert', { hidden_size: 32, num_attention_heads: 4 }],
  ['xlm-roberta', { hidden_size: 32, num_attention_heads: 4 }],
  ['electra', { hidden_size: 32, num_attention_heads: 4, embedding_size: 16 }],
  ['distilbert', { dim: 32, hidden_dim: 64, n_layers: 1, n_heads: 4 }],
])('a student of kind %s learns', async (kind, sizes) => {
  const whole = experiment({}, kind);
  const config = { ...whole.student.config, ...sizes, pad_token_id: 1 };
  const events = await runTo(kind, { ...whole, student: { ...whole.student, config } });
  const epochs = events.filter((event) => event.kind === 'epoch');
  expect(epochs[1]!.metric.train.lossKo).toBeLessThan(epochs[0]!.metric.train.lossKo);
});
