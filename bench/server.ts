/**
 * What the server adds to a picture: the time from a request over HTTP to its answer beside that of the bare pipeline, which
 * take turns, each in its own processes. The packaged model, 25 steps, no previews.
 *
 *   npm run bench:server -- [rounds]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { packagedModel } from '../src/catalog/packaged.ts';
import { startGeneratorProcess } from '../src/process/generatorProcess.ts';
import { startServer } from '../src/server/server.ts';
import { median } from './median.ts';
import type { BareTask } from './server/bare.ts';

const rounds = Number(process.argv[2] ?? 40);
const settings = { steps: 25, guidance: packagedModel.guidance, seed: 1 };
const prompt = '파란색 배경의 빨간 사과';
/** Both draw with it. */
const student = 'roberta-robust';

const data = await mkdtemp(join(tmpdir(), 'ksd-bench-'));
const server = await startServer({ device: 'cpu', port: 0, data });
const bare = startGeneratorProcess<BareTask, number>(
  new URL('./server/bare.js', import.meta.url),
  (status, signal) => new Error(`The bare pipeline ended by ${signal ?? status}.`),
);

async function overHttp(): Promise<number> {
  const began = performance.now();
  const response = await fetch(`${server.url}/v1/images/generations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ prompt, student, response_format: 'b64_json', ...settings }),
  });
  if (!response.ok) throw new Error(await response.text());
  await response.arrayBuffer();
  return performance.now() - began;
}

async function alone(): Promise<number> {
  let took = Number.NaN;
  for await (const milliseconds of bare.run({ prompt, student, settings })) took = milliseconds;
  return took;
}

try {
  await overHttp();
  await alone();
  const times = { server: [] as number[], bare: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    times.bare.push(await alone());
    times.server.push(await overHttp());
  }
  const [whole, own] = [median(times.server), median(times.bare)];
  const overhead = ((100 * (whole - own)) / own).toFixed(1);
  console.log(`${availableParallelism()} cores, ${rounds} rounds in turn, medians`);
  console.log(`bare pipeline ${own.toFixed(0)} ms, over HTTP ${whole.toFixed(0)} ms: ${overhead} % more`);
} finally {
  await server.stop(0);
  await bare.close();
  await rm(data, { recursive: true, force: true });
}
