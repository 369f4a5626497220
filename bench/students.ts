/**
 * Students side by side: each learns from the same 5,400 emoji captions with the same seed and as many multiplications
 * as the plain RoBERTa takes for four epochs, and is measured on the 600 captions that were set aside, and by what the
 * U-Net draws of it. Writes the table of docs/students.md. An hour on 2 cores; a run that was stopped goes on, one that
 * is finished is only measured, and measures are kept in the run's measured.json.
 *
 *   npm run bench:students                all of them
 *   npm run bench:students -- roberta roberta-bias
 *   npm run bench:students -- --table     only the table, of the runs that are finished
 *   npm run bench:students -- --wordings  how much Korean can say of the teacher's rows
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStableDiffusion } from '../src/checkpoint/stableDiffusion.ts';
import { readMetrics } from '../src/distillation/runFolder.ts';
import { openPipeline } from '../src/generation/open.ts';
import { openRuntime } from '../src/runtime/node.ts';
import { measured } from './students/measured.ts';
import { benchRows } from './students/rows.ts';
import {
  type BenchRun,
  baseExperiment,
  benchRun,
  costOf,
  finishRun,
  isFinished,
  summary,
} from './students/runs.ts';
import { wordingBound } from './students/wordings.ts';

const page = 'docs/students.md';
const header = [
  '| student | parameters | cost of a step | epochs | validation MSE | start MSE | content R² | after end R² | condition left | pictures right | steps took |',
  '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
];

const runtime = await openRuntime('cpu');
const base = await baseExperiment();
const teacher = await openStableDiffusion(base.teacher);
const baseCost = await costOf(base, teacher);
const pipeline = await openPipeline(runtime, base.teacher);
const wanted = process.argv.slice(2);

async function tableRow(name: string, run: BenchRun): Promise<string> {
  const metrics = await readMetrics(run.folder);
  const { seconds, best, epochs } = summary(metrics, run.experiment.training.batchSize);
  const facts = await readFile(join(run.folder, 'run.json'), 'utf8');
  const { parameters } = JSON.parse(facts) as { parameters: number };
  const { rows, drawn } = await measured(run, runtime, pipeline);
  const both = (value: (language: 'en' | 'ko') => number, digits: number) =>
    `${value('en').toFixed(digits)} / ${value('ko').toFixed(digits)}`;
  const cells = [
    name,
    `${(parameters / 1e6).toFixed(2)} M`,
    run.cost.toFixed(2),
    String(epochs),
    both((language) => (language === 'en' ? best.lossEn : best.lossKo), 3),
    both((language) => rows[language].start.mse, 3),
    both((language) => rows[language].content.r2, 2),
    both((language) => rows[language].afterEnd.r2, 2),
    `${both((language) => 100 * drawn.left[language], 0)} %`,
    `${drawn.right} of ${drawn.prompts}`,
    `${seconds.toFixed(0)} s`,
  ];
  return `| ${cells.join(' | ')} |`;
}

async function fillTable(): Promise<void> {
  const lines: string[] = [];
  for (const row of benchRows) {
    const run = await benchRun(row, base, baseCost, teacher);
    const chosen = !wanted.includes('--table') && (wanted.length === 0 || wanted.includes(row.name));
    if (chosen && !(await isFinished(run))) await finishRun(run, runtime);
    if (!(await isFinished(run))) continue;
    lines.push(await tableRow(row.name, run));
    const table = [...header, ...lines].join('\n');
    const text = await readFile(page, 'utf8');
    const filled = text.replace(/(?<=<!-- table -->)[\s\S]*?(?=<!-- \/table -->)/, () => `\n${table}\n`);
    await writeFile(page, filled);
  }
  console.log([...header, ...lines].join('\n'));
}

if (wanted.includes('--wordings')) {
  console.log(await wordingBound(await pipeline.textEncoder(), base.corpus.pairs));
} else await fillTable();
