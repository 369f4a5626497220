/**
 * Training in one and in two processes of this machine, by the real command: a student of klue/roberta-small's depth and
 * width, taught by the packaged model; and the time that two processes take to add up gradients of its size.
 *
 *   npm run bench:parallel -- [steps]        needs Open MPI and 2 GB in the folder for temporary files
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { underMpirun } from '../src/distillation/parallel/mpirun.ts';
import { readMetrics } from '../src/distillation/runFolder.ts';
import { median } from './median.ts';

const run = promisify(execFile);
const batchSize = 32;

function experiment(steps: number) {
  const config = {
    hidden_size: 768,
    intermediate_size: 3072,
    num_hidden_layers: 6,
    num_attention_heads: 12,
    max_position_embeddings: 514,
    layer_norm_eps: 1e-5,
  };
  return {
    name: 'bench',
    teacher: resolve('models/emoji-sd/model'),
    student: {
      kind: 'roberta',
      start: 'random',
      tokenizer: resolve('models/students/roberta/tokenizer'),
      config,
    },
    corpus: {
      pairs: resolve('models/emoji-sd/captions/train.jsonl'),
      sample: steps * batchSize,
      validation: 0,
      emptyPrompts: 0,
    },
    training: { epochs: 1, batchSize },
  };
}

/** Seconds of a step: median of all but the first. */
async function secondsAStep(folder: string, processes: number): Promise<{ step: number; threads: string }> {
  const out = join(folder, String(processes));
  const command = [resolve('dist/cli/main.js'), 'distill', join(folder, 'bench.yaml'), '--out', out];
  const { stderr } = await run(process.execPath, [...command, '--processes', String(processes)], {
    env: { ...process.env, KSD_LANG: 'en' },
  });
  const rates = (await readMetrics(join(out, 'bench'))).flatMap((metric) =>
    metric.kind === 'step' ? [metric.pairsPerSecond] : [],
  );
  const threads = /with (\d+) threads each/.exec(stderr)?.[1] ?? 'all';
  return { step: batchSize / median(rates.slice(1)), threads };
}

/** Seconds in which `processes` add up as many values. */
async function exchange(processes: number, values: number): Promise<number> {
  const script = fileURLToPath(new URL('parallel/exchange.js', import.meta.url));
  const [command, ...options] = underMpirun(processes);
  const { stdout } = await run(command, [...options, process.execPath, script, String(values), '5']);
  return median(JSON.parse(stdout) as number[]);
}

const steps = Number(process.argv[2] ?? 10);
const folder = await mkdtemp(join(tmpdir(), 'ksd-parallel-'));
try {
  await writeFile(join(folder, 'bench.yaml'), JSON.stringify(experiment(steps)));
  for (const processes of [1, 2]) {
    const { step, threads } = await secondsAStep(folder, processes);
    const rate = `${(1 / step).toFixed(2)} steps/s, ${step.toFixed(2)} s a step of ${batchSize} pairs`;
    console.log(`${processes} process${processes > 1 ? 'es' : ''} (${threads} threads): ${rate}`);
  }
  for (const values of [1e6, 50e6]) {
    const seconds = await exchange(2, values);
    const rate = `${((values * 4) / 1e9 / seconds).toFixed(1)} GB/s`;
    console.log(`all-reduce of ${values / 1e6} M values: ${(1000 * seconds).toFixed(1)} ms (${rate})`);
  }
} finally {
  await rm(folder, { recursive: true });
}
