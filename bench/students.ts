/**
 * Students side by side: each learns from the same 5,400 emoji captions with the same seed and as many multiplications
 * as the plain RoBERTa takes for four epochs, and is measured on the 600 captions that were set aside. Writes the table
 * of docs/students.md. Half an hour on 2 cores; a run that was stopped goes on, one that is finished is only measured.
 *
 *   npm run bench:students                all of them
 *   npm run bench:students -- roberta roberta-bias
 *   npm run bench:students -- --table     only the table, of the runs that are finished
 *   npm run bench:students -- --wordings  how much Korean can say of the teacher's rows
 */
import { link, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStableDiffusion } from '../src/checkpoint/stableDiffusion.ts';
import { openStore } from '../src/corpus/store.ts';
import { type Experiment, readExperiment } from '../src/distillation/experiment.ts';
import { type Metric, readMetrics } from '../src/distillation/runFolder.ts';
import { openStart } from '../src/distillation/start.ts';
import { train } from '../src/distillation/train.ts';
import { openTextEncoder, type TextEncoder } from '../src/encoders/textEncoder.ts';
import { type EmbeddingMeasures, embeddingMeasures } from '../src/evaluation/embeddingMeasures.ts';
import { openRuntime } from '../src/runtime/node.ts';
import { promptLength } from '../src/text/tokenizer.ts';
import { stepCost } from './students/cost.ts';
import { type BenchRow, benchRows } from './students/rows.ts';
import { wordingBound } from './students/wordings.ts';

const folder = 'runs/students';
const page = 'docs/students.md';
const baseEpochs = 4;
/** Tokens of the longest text of a batch, on average over an epoch of these captions. */
const meanLongest = 10;
/** Pairs that are measured by parts: what fits into memory with all 77 rows. */
const measuredPairs = 400;

const runtime = await openRuntime('cpu');
const base = await baseExperiment();
const teacher = await openStableDiffusion(base.teacher);
const wanted = process.argv.slice(2);
const baseCost = await costOf(base);

async function baseExperiment(): Promise<Experiment> {
  const experiment = await readExperiment('experiments/emoji-roberta.yaml');
  return {
    ...experiment,
    corpus: { ...experiment.corpus, sample: 6000, validation: 0.1 },
    training: { ...experiment.training, epochs: baseEpochs },
    samples: [],
  };
}

async function costOf(experiment: Experiment): Promise<number> {
  const { model } = await openStart(experiment, teacher);
  return stepCost(model, experiment.loss, experiment.training.batchSize, meanLongest);
}

/** With as many epochs as the base's multiplications allow. */
async function experimentOf({ name, change }: BenchRow): Promise<{ experiment: Experiment; cost: number }> {
  const experiment = change(base);
  const cost = (await costOf(experiment)) / baseCost;
  const epochs = Math.max(1, Math.round(baseEpochs / cost));
  const fileName = name.replace(/[^\w.-]+/g, '-');
  return {
    experiment: { ...experiment, name: fileName, training: { ...experiment.training, epochs } },
    cost,
  };
}

/** Trains the run in its folder to its end, unless it is there. The teacher reads the sentences for all of them once. */
async function trained(experiment: Experiment): Promise<string> {
  const run = join(folder, experiment.name);
  await mkdir(run, { recursive: true });
  for (const other of await readdir(folder)) {
    const caches = (await readdir(join(folder, other))).filter((file) => /^teacher-.*\.f16$/.test(file));
    for (const file of caches) await link(join(folder, other, file), join(run, file)).catch(() => {});
  }
  for await (const event of train(experiment, { runtime, folder: run })) {
    if (event.kind !== 'epoch') continue;
    const { lossEn, lossKo } = event.metric.validation;
    console.log(`${experiment.name} epoch ${event.metric.epoch}: ${lossEn.toFixed(4)} ${lossKo.toFixed(4)}`);
  }
  return run;
}

async function validationPairs(run: string) {
  const store = await openStore(join(run, 'corpus'));
  const [english, korean]: [string[], string[]] = [[], []];
  for await (const { en, ko, splitKey } of store.pairs(base.corpus.sample)) {
    splitKey.forEach((key, i) => {
      if (key >= base.corpus.validation || english.length >= measuredPairs) return;
      english.push(en[i]!);
      korean.push(ko[i]!);
    });
  }
  store.close();
  return { english, korean };
}

/** One array of rows a text. */
async function rowsOf(encoder: TextEncoder, texts: readonly string[]): Promise<Float32Array[]> {
  const { data } = await encoder.encode(texts);
  const size = promptLength * encoder.model.hiddenSize;
  return texts.map((_, i) => data.subarray(i * size, (i + 1) * size));
}

async function measured(run: string): Promise<{ en: EmbeddingMeasures; ko: EmbeddingMeasures }> {
  const { english, korean } = await validationPairs(run);
  const reader = await openTextEncoder(runtime, join(base.teacher, 'text_encoder'));
  const target = await rowsOf(reader, english);
  const lengths = english.map((text) => Math.min(promptLength, reader.tokenizer.count(text)));
  const student = await openTextEncoder(runtime, join(run, 'best'));
  const compare = async (texts: readonly string[]) =>
    embeddingMeasures(await rowsOf(student, texts), target, lengths, reader.model.hiddenSize);
  const measures = { en: await compare(english), ko: await compare(korean) };
  await reader.dispose();
  await student.dispose();
  return measures;
}

/** Seconds that the steps took, and the validation losses of the best epoch. */
function summary(metrics: readonly Metric[], batchSize: number) {
  const steps = metrics.filter((metric) => metric.kind === 'step');
  const seconds = steps.reduce((sum, { pairsPerSecond }) => sum + batchSize / pairsPerSecond, 0);
  const epochs = metrics.filter((metric) => metric.kind === 'epoch');
  const losses = epochs.map(({ validation }) => validation);
  const best = losses.reduce((a, b) => (b.lossEn + b.lossKo < a.lossEn + a.lossKo ? b : a));
  return { seconds, best, epochs: epochs.length };
}

async function tableRow(row: BenchRow, only: boolean): Promise<string | undefined> {
  const { experiment, cost } = await experimentOf(row);
  const run = join(folder, experiment.name);
  const finished = async () => {
    const metrics = await readMetrics(run).catch(() => []);
    return metrics.filter(({ kind }) => kind === 'epoch').length === experiment.training.epochs;
  };
  if (!only && !(await finished())) await trained(experiment);
  if (!(await finished())) return undefined;
  const { seconds, best, epochs } = summary(await readMetrics(run), experiment.training.batchSize);
  const { parameters } = JSON.parse(await readFile(join(run, 'run.json'), 'utf8')) as { parameters: number };
  const { en, ko } = await measured(run);
  const r2 = (part: 'content' | 'afterEnd') => `${en[part].r2.toFixed(2)} / ${ko[part].r2.toFixed(2)}`;
  const cells = [
    row.name,
    `${(parameters / 1e6).toFixed(2)} M`,
    cost.toFixed(2),
    String(epochs),
    `${best.lossEn.toFixed(3)} / ${best.lossKo.toFixed(3)}`,
    `${en.start.mse.toFixed(3)} / ${ko.start.mse.toFixed(3)}`,
    r2('content'),
    r2('afterEnd'),
    `${seconds.toFixed(0)} s`,
  ];
  return `| ${cells.join(' | ')} |`;
}

const header = [
  '| student | parameters | cost of a step | epochs | validation MSE en / ko | start MSE | content R² | after end R² | steps took |',
  '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
];
const tableOnly = wanted.includes('--table');
const lines: string[] = [];
for (const row of wanted.includes('--wordings') ? [] : benchRows) {
  const line = await tableRow(row, tableOnly || (wanted.length > 0 && !wanted.includes(row.name)));
  if (line === undefined) continue;
  lines.push(line);
  const text = await readFile(page, 'utf8');
  const filled = text.replace(
    /(<!-- table -->)[\s\S]*?(<!-- \/table -->)/,
    (_, before, after) => `${before}\n${[...header, ...lines].join('\n')}\n${after}`,
  );
  await writeFile(page, filled);
}
if (wanted.includes('--wordings')) {
  const encoder = await openTextEncoder(runtime, join(base.teacher, 'text_encoder'));
  console.log(await wordingBound(encoder, base.corpus.pairs));
} else console.log([...header, ...lines].join('\n'));
