/**
 * Learning curves over the size of the corpus: the student of experiments/emoji-roberta.yaml learns from 1/25, 1/5 and all
 * of the pairs, as the original did from 10,000, 50,000 and 250,000, each for the same number of epochs, and is evaluated.
 * Writes the evaluations into docs/results/corpus-size/ and the figure docs/figures/corpus-size.svg and .png. Under an hour
 * on 2 cores; what was stopped goes on, what is finished stays.
 *
 *   npm run bench:corpus-size
 *   npm run bench:corpus-size -- --parts 2,1 --pairs 400 --epochs 1 --count 1 --prompts 2 --out out/corpus-size
 */
import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeFileAtomic } from '../src/checkpoint/atomic.ts';
import { readPairs } from '../src/corpus/pairs.ts';
import { formatExperiment, readExperiment } from '../src/distillation/experiment.ts';
import { learningCurves } from '../src/evaluation/leaderboard/curves.ts';
import { readResults } from '../src/evaluation/leaderboard/results.ts';
import { chartWidth, saveFigure } from '../src/pictures/saveFigure.ts';

const { values: options } = parseArgs({
  options: {
    /** A run learns from the whole over each of these. */
    parts: { type: 'string', default: '25,5,1' },
    /** The whole; all pairs by default. */
    pairs: { type: 'string' },
    /** The experiment's by default. */
    epochs: { type: 'string' },
    /** Objects a set of the emoji suite. */
    count: { type: 'string', default: '25' },
    /** Prompts of the Korean suite; all by default. */
    prompts: { type: 'string' },
    /** Everything below this folder, and not in docs/. */
    out: { type: 'string' },
  },
});

const runs = options.out === undefined ? 'runs/corpus-size' : join(options.out, 'runs');
const results = options.out ?? 'docs/results/corpus-size';
const figure = options.out === undefined ? 'docs/figures/corpus-size' : join(options.out, 'corpus-size');

/** Runs `ksd` with the terminal's own output; ends everything if it fails. */
function ksd(...args: readonly string[]): void {
  console.log(`\n$ ksd ${args.join(' ')}`);
  const { status } = spawnSync(process.execPath, ['dist/cli/main.js', ...args], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** Trains on `sample` pairs, unless that is finished; returns the run. */
async function distilled(sample: number): Promise<string> {
  const base = await readExperiment('experiments/emoji-roberta.yaml');
  const name = `pairs-${sample}`;
  const epochs = Number(options.epochs ?? base.training.epochs);
  const experiment = {
    ...base,
    name,
    corpus: { ...base.corpus, sample },
    training: { ...base.training, epochs },
    samples: [],
  };
  const path = join(runs, `${name}.yaml`);
  await writeFileAtomic(path, formatExperiment(experiment));
  ksd('distill', path, '--out', runs);
  return join(runs, name);
}

/** Evaluates the runs side by side on both suites, unless that was done since the last of them ended; returns the files. */
async function evaluated(students: readonly string[]): Promise<string[]> {
  const weights = students.map((run) => join(run, 'best', 'model.safetensors'));
  const trained = Math.max(...(await Promise.all(weights.map(timeOf))));
  // A suite a command, since those of one share `--count`.
  const korean = options.prompts === undefined ? [] : ['--count', options.prompts];
  const suites = {
    emoji: ['--on', 'emoji', '--count', options.count],
    korean: ['--on', 'korean', '--measures', 'conditioning,pictures', ...korean],
  };
  const files: string[] = [];
  for (const [suite, args] of Object.entries(suites)) {
    const out = join(runs, 'evaluation', `${suite}.json`);
    if ((await timeOf(out)) < trained) ksd('eval', ...students, ...args, '--out', out);
    const kept = join(results, `${suite}.json`);
    await copyFile(out, kept);
    files.push(kept);
  }
  return files;
}

/** When a file was written; 0 where there is none. */
function timeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

const whole = Number(options.pairs ?? (await readPairs('models/emoji-sd/captions/train.jsonl')).length);
await mkdir(runs, { recursive: true });
await mkdir(results, { recursive: true });
const students: string[] = [];
for (const part of options.parts.split(',').map(Number)) {
  students.push(await distilled(Math.round(whole / part)));
}
const files = await evaluated(students);
await saveFigure(figure, learningCurves(await Promise.all(files.map(readResults))), chartWidth);
console.log(`${figure}.png`);
