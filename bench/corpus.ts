/**
 * Building a corpus at the size of AI Hub's four: 4.9 million synthetic rows in their shapes, to clean, deduplicated,
 * split pairs with token lengths. Prints rows a second of each reader, time and memory of the whole, and the same work
 * done the plain way: whole files in memory, one thread, a set of texts for the duplicates.
 *
 *   npm run bench:corpus -- [rows] [folder]
 *
 * The files (about 3 GB at full size) are written to the folder once and used again.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { publishedRows, writeAihub } from '../src/corpus/synthetic/aihub.ts';

const total = Object.values(publishedRows).reduce((sum, rows) => sum + rows, 0);
const rows = Number(process.argv[2] ?? total);
const folder = process.argv[3] ?? `out/bench-corpus-${rows}`;

const seconds = (since: number) => (performance.now() - since) / 1000;

function prepare(): void {
  const done = join(folder, 'written.json');
  if (existsSync(done)) return;
  const began = performance.now();
  mkdirSync(folder, { recursive: true });
  // A fifteenth of all rows has some dirt; half of the CSV is there as JSON too in one corpus.
  const written = writeAihub(join(folder, 'aihub'), rows, { seed: 1, dirt: 0.0035, formats: ['csv'] });
  writeFileSync(done, JSON.stringify(written));
  const bytes = written.reduce((sum, { path }) => sum + statSync(path).size, 0);
  console.log(`wrote ${rows} rows, ${(bytes / 1e9).toFixed(2)} GB, in ${seconds(began).toFixed(0)} s`);
}

interface Run {
  readonly time: number;
  /** Most resident memory, in MB. */
  readonly memory: number;
  readonly output: string;
}

/** Runs a script of this project in a process of its own and watches its memory. */
async function run(args: readonly string[]): Promise<Run> {
  const began = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  let memory = 0;
  let ended = false;
  const end = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const watch = (async () => {
    while (!ended) {
      memory = Math.max(memory, residentMegabytes(child.pid!));
      await sleep(200);
    }
  })();
  const code = await end;
  ended = true;
  await watch;
  if (code !== 0) console.log(`${args.join(' ')} ended with ${code}`);
  return { time: seconds(began), memory, output };
}

/** Where the system tells (Linux), else 0. */
function residentMegabytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

prepare();
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const store = join(folder, 'store');
rmSync(store, { recursive: true, force: true });
const input = join(folder, 'aihub');

console.log('\nreaders, one thread, without cleaning:');
console.log((await run([here('./corpus/readers.js'), input])).output);

const tokenizers = ['models/clip-tokenizer', 'models/emoji-tokenizer'];
const ours = await run([here('./corpus/build.js'), input, store, ...tokenizers]);
console.log(
  `whole build: ${ours.time.toFixed(0)} s, ${Math.round(rows / ours.time)} rows/s, at most ${ours.memory.toFixed(0)} MB resident`,
);
console.log(ours.output);

// The plain way does not fit in memory at full size, so it gets a part, and its share of the time.
const some = Math.min(rows, 300_000);
const part = join('out', `bench-corpus-plain-${some}`);
if (!existsSync(part)) writeAihub(part, some, { seed: 2, dirt: 0.0035, formats: ['csv'] });
const plain = await run(['--max-old-space-size=16000', here('./corpus/plain.js'), part, ...tokenizers]);
const ratio = plain.time / some / (ours.time / rows);
console.log(
  `plain way, ${some} rows: ${plain.time.toFixed(0)} s, ${Math.round(some / plain.time)} rows/s, ${plain.memory.toFixed(0)} MB`,
);
console.log(`ratio: ${ratio.toFixed(1)} times faster a row`);
