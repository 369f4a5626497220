/**
 * A whole Stable Diffusion v1.4 at its real size in one file (random weights, 512 x 512), beside PyTorch on the same file:
 * loading, text encoder, a U-Net step with guidance, VAE decoder, peak memory. Both run in processes of their own and take
 * turns, so that the ratio holds on a machine whose speed varies; their results are compared.
 *
 *   npm run bench:sd1 -- [F32|F16] [rounds]        needs 5 GB in the folder for temporary files
 *   PYTHON=/usr/bin/python3: with torch (Debian: python3-torch libopenblas0-pthread)
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median } from './median.ts';
import { writeCheckpoint } from './sd1/checkpoint.ts';
import { type Answer, Worker } from './sd1/worker.ts';

function difference(ours: Answer, theirs: Answer): number {
  const scale = Math.max(...theirs.sample.map(Math.abs));
  return Math.max(...ours.sample.map((value, i) => Math.abs(value - (theirs.sample[i] as number)))) / scale;
}

async function measure(dtype: 'F32' | 'F16', rounds: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ksd-sd1-'));
  try {
    const { path, names } = await writeCheckpoint(folder, dtype);
    const size = (await stat(path)).size / 2 ** 30;
    console.log(`\n${dtype}, one file of ${size.toFixed(2)} GiB`);
    const threads = String(availableParallelism());
    const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
    const plain = join(process.cwd(), 'bench/sd1/plain.py');
    const torch = new Worker(process.env['PYTHON'] ?? '/usr/bin/python3', [plain, path, names, threads]);
    const { loaded, version } = await torch.answer<{ loaded: number; version: string }>();
    const began = performance.now();
    const ours = new Worker(process.execPath, [script('sd1/ours.js'), path, threads]);
    await ours.answer();
    // The first run of each part opens it, so that loading is what these take beyond a later one.
    const first = {
      text: await ours.ask('text'),
      unet: await ours.ask('unet'),
      decode: await ours.ask('decode'),
    };
    const firsts = (performance.now() - began) / 1000;
    let [later, peak, theirPeak] = [0, 0, 0];
    for (const part of ['text', 'unet', 'decode'] as const) {
      const [mine, theirs]: [number[], number[]] = [[], []];
      let worst = 0;
      for (let i = 0; i < rounds; i++) {
        const [a, b] = [await ours.ask(part), await torch.ask(part)];
        mine.push(a.seconds);
        theirs.push(b.seconds);
        worst = Math.max(worst, difference(a, b), difference(first[part], b));
        [peak, theirPeak] = [a.peak, b.peak];
      }
      later += median(mine);
      const ratio = median(theirs.map((seconds, i) => seconds / (mine[i] as number)));
      console.log(
        `  ${part.padEnd(8)} ${median(mine).toFixed(2)} s, PyTorch ${median(theirs).toFixed(2)} s: ` +
          `${ratio.toFixed(2)} times its speed; results differ by ${worst.toExponential(0)}`,
      );
    }
    console.log(`  load     ${(firsts - later).toFixed(1)} s, PyTorch ${loaded.toFixed(1)} s`);
    console.log(`  memory   ${peak.toFixed(2)} GiB at most, PyTorch ${theirPeak.toFixed(2)} GiB`);
    const limit = 1.3 * size + 1.5e9 / 2 ** 30;
    console.log(`           (1.3 times the weights and 1.5 GB: ${limit.toFixed(2)} GiB; torch ${version})`);
    ours.stop();
    torch.stop();
  } finally {
    await rm(folder, { recursive: true });
  }
}

const [wanted, rounds = '3'] = process.argv.slice(2);
for (const dtype of ['F32', 'F16'] as const) {
  if (wanted === undefined || wanted === dtype) await measure(dtype, Number(rounds));
}
