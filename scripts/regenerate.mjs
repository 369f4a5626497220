#!/usr/bin/env node
// Makes everything that depends on models/emoji-sd again: the vocabularies, the students, the figures, the tables.
// About three hours on 2 cores. A part that was interrupted goes on where it stopped: run the command again.
// `npm run regenerate -- figures` makes only figures and tables, from the students that are there.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { formatSummary } from '../dist/evaluation/evaluationTable.js';

const students = ['roberta-robust', 'roberta', 'clip', 'roberta-pooler'];

/** Runs `ksd` with the terminal's own output; stops everything if it fails. */
function ksd(...args) {
  console.log(`\n$ ksd ${args.join(' ')}`);
  const { status } = spawnSync(process.execPath, ['dist/cli/main.js', ...args], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** The pairs of so many epochs as emoji-roberta-robust.yaml changes them: its vocabulary knows what may be typed. */
function changedPairs(epochs) {
  const script = ['scripts/augmented.mjs', 'experiments/emoji-roberta-robust.yaml', String(epochs), 'pairs'];
  const { status, stdout } = spawnSync(process.execPath, script, { maxBuffer: 2 ** 30 });
  if (status !== 0) process.exit(status ?? 1);
  return stdout;
}

function distil() {
  ksd('vocab', 'models/emoji-sd/captions/train.jsonl', '--size', '6000', '--out', 'models/emoji-tokenizer');
  writeFileSync('out/pairs.jsonl', changedPairs(4));
  ksd('vocab', 'out/pairs.jsonl', '--size', '10000', '--out', 'models/emoji-tokenizer-robust');
  for (const student of students) {
    ksd('distill', `experiments/emoji-${student}.yaml`);
    ksd('export', `runs/emoji-${student}`, '--out', `models/students/${student}`, '--dtype', 'f16');
    copyFileSync(`runs/emoji-${student}/curves.svg`, `docs/figures/curves-${student}.svg`);
    copyFileSync(`runs/emoji-${student}/curves.png`, `docs/figures/curves-${student}.png`);
  }
}

function draw() {
  ksd('demo', '--out', 'docs/figures/demo.png');
  const diagnosed = ['딸기 모양의 집', '--reference', 'a house', '--figure', 'docs/figures/diagnose.png'];
  ksd('diagnose', ...diagnosed, '--out', 'out/diagnose.html');
  const folders = students.map((student) => `models/students/${student}`);
  const sets = 'seen-color,held-out-color';
  const asked = ['--measures', 'pictures', '--sets', sets, '--count', '51'];
  ksd('eval', ...folders, ...asked, '--out', 'docs/results/eval.json');
  ksd('eval', ...folders, '--on', 'korean', '--out', 'docs/results/korean.json');
  board();
  const results = JSON.parse(readFileSync('docs/results/eval.json', 'utf8'));
  const table = formatSummary(results, results.suites[0].probes).trim();
  for (const file of ['README.md', 'README.en.md']) {
    const text = readFileSync(file, 'utf8');
    const filled = text.replace(
      /(<!-- results -->)[\s\S]*?(<!-- \/results -->)/,
      (_, before, after) => `${before}\n${table}\n${after}`,
    );
    writeFileSync(file, filled);
  }
}

/** The leaderboard, with the learning curves of `npm run bench:corpus-size` where there are any. */
function board() {
  const names = readdirSync('docs/results').filter((name) => name.endsWith('.json'));
  const curves = 'docs/results/corpus-size';
  const figure = existsSync(curves) ? ['--curves', curves, '--figure', 'docs/figures/corpus-size.png'] : [];
  ksd('leaderboard', ...names.map((name) => `docs/results/${name}`), ...figure, '--out', 'docs/results.md');
}

mkdirSync('out', { recursive: true });
mkdirSync('docs/figures', { recursive: true });
mkdirSync('docs/results', { recursive: true });
if (process.argv[2] !== 'figures') distil();
draw();
