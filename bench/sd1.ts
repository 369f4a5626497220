/**
 * A whole Stable Diffusion v1.4 at its real size in one file (random weights, 512 x 512), beside PyTorch on the same file:
 * loading, text encoder, a U-Net step with guidance, VAE decoder, peak memory. Both run in processes of their own and take
 * turns, so that the ratio holds on a machine whose speed varies; their results are compared.
 *
 *   npm run bench:sd1 -- [F32|F16|I8|all] [rounds] [pixels a side]     needs 5 GB in the folder for temporary files
 *   I8: what `ksd quantize` makes of F16, in a folder, beside PyTorch on F16
 *   PYTHON=/usr/bin/python3: with torch (Debian: python3-torch libopenblas0-pthread); PYTHON=none measures ours alone
 */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quantizeModel } from '../src/generation/quantize.ts';
import { median } from './median.ts';
import type { Answer } from './sd1/answer.ts';
import { writeCheckpoint } from './sd1/checkpoint.ts';
import { python, startWorker } from './worker.ts';

function difference(ours: Answer, theirs: Answer): number {
  const scale = Math.max(...theirs.sample.map(Math.abs));
  return Math.max(...ours.sample.map((value, i) => Math.abs(value - (theirs.sample[i] as number)))) / scale;
}

const types = ['F32', 'F16', 'I8'] as const;
type Type = (typeof types)[number];

/** Writes the same model with int8 weights in U-Net and text encoder; returns its folder. */
async function toIntegers(path: string, folder: string): Promise<string> {
  const out = join(folder, 'int8');
  const began = performance.now();
  await quantizeModel(path, out, ['unet', 'text_encoder']);
  console.log(`\nquantized in ${((performance.now() - began) / 1000).toFixed(0)} s`);
  return out;
}

/** GiB of the weights of a file or folder. */
async function sizeOf(path: string): Promise<number> {
  const names = (await stat(path)).isDirectory() ? await readdir(path, { recursive: true }) : [''];
  const files = names.filter((name) => join(path, name).endsWith('.safetensors'));
  const sizes = await Promise.all(files.map(async (name) => (await stat(join(path, name))).size));
  return sizes.reduce((sum, bytes) => sum + bytes, 0) / 2 ** 30;
}

async function measure(dtype: Type, rounds: number, side: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ksd-sd1-'));
  try {
    const { path: file, names } = await writeCheckpoint(folder, dtype === 'I8' ? 'F16' : dtype);
    const path = dtype === 'I8' ? await toIntegers(file, folder) : file;
    const size = await sizeOf(path);
    console.log(`\n${dtype}, ${size.toFixed(2)} GiB, ${side}x${side}`);
    const rest = [String(side), String(availableParallelism())];
    const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
    const plain = join(process.cwd(), 'bench/sd1/plain.py');
    const torch = python === 'none' ? undefined : startWorker(python, [plain, file, names, ...rest]);
    const their = await torch?.answer<{ loaded: number; version: string }>();
    const began = performance.now();
    const ours = startWorker(process.execPath, [script('sd1/ours.js'), path, ...rest]);
    await ours.answer();
    // The first run of each part opens it, so that loading is what these take beyond a later one.
    const first = {
      text: await ours.ask<Answer>('text'),
      unet: await ours.ask<Answer>('unet'),
      decode: await ours.ask<Answer>('decode'),
    };
    const firsts = (performance.now() - began) / 1000;
    let [later, peak, theirPeak] = [0, 0, 0];
    for (const part of ['text', 'unet', 'decode'] as const) {
      const [mine, theirs]: [number[], number[]] = [[], []];
      let worst = 0;
      for (let i = 0; i < rounds; i++) {
        const a = await ours.ask<Answer>(part);
        mine.push(a.seconds);
        peak = a.peak;
        if (!torch) continue;
        const b = await torch.ask<Answer>(part);
        theirs.push(b.seconds);
        theirPeak = b.peak;
        worst = Math.max(worst, difference(a, b), difference(first[part], b));
      }
      later += median(mine);
      console.log(`  ${part.padEnd(8)} ${median(mine).toFixed(2)} s${beside(mine, theirs, worst)}`);
    }
    const [theirLoad, theirMemory] = their
      ? [`, PyTorch ${their.loaded.toFixed(1)} s`, `, PyTorch ${theirPeak.toFixed(2)} GiB (${their.version})`]
      : ['', ''];
    console.log(`  load     ${(firsts - later).toFixed(1)} s${theirLoad}`);
    console.log(`  memory   ${peak.toFixed(2)} GiB at most${theirMemory}`);
    console.log(
      `           (1.3 times the weights and 1.5 GB: ${(1.3 * size + 1.5e9 / 2 ** 30).toFixed(2)} GiB)`,
    );
    ours.stop();
    torch?.stop();
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The ratio of interleaved runs, each with the one after it. */
function beside(mine: readonly number[], theirs: readonly number[], worst: number): string {
  if (theirs.length === 0) return '';
  const ratio = median(theirs.map((seconds, i) => seconds / (mine[i] as number)));
  return (
    `, PyTorch ${median(theirs).toFixed(2)} s: ${ratio.toFixed(2)} times its speed; ` +
    `results differ by ${worst.toExponential(0)}`
  );
}

const [wanted = 'all', rounds = '3', side = '512'] = process.argv.slice(2);
for (const dtype of types) {
  if (wanted === 'all' || wanted === dtype) await measure(dtype, Number(rounds), Number(side));
}
