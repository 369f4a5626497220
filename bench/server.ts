/**
 * What the server adds to a picture: the time from a request over HTTP to its answer beside that of the bare pipeline, which
 * take turns. The packaged model, 25 steps, no previews.
 *
 *   npm run bench:server -- [rounds]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { packagedModel, packagedStudent } from '../src/catalog/packaged.ts';
import { openTextEncoder } from '../src/encoders/textEncoder.ts';
import { openPipeline } from '../src/generation/open.ts';
import { openRuntime } from '../src/runtime/node.ts';
import { startServer } from '../src/server/server.ts';
import { median } from './median.ts';

const rounds = Number(process.argv[2] ?? 20);
const settings = { steps: 25, guidance: packagedModel.guidance, seed: 1 };
const prompt = '파란색 배경의 빨간 사과';
/** Both draw with it. */
const student = 'roberta-robust';

const data = await mkdtemp(join(tmpdir(), 'ksd-bench-'));
const server = await startServer({ device: 'cpu', port: 0, data });
const runtime = await openRuntime('cpu');
const pipeline = await openPipeline(runtime, packagedModel.folder);
const textEncoder = await openTextEncoder(runtime, packagedStudent(student));

async function overHttp(): Promise<void> {
  const response = await fetch(`${server.url}/v1/images/generations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ prompt, student, response_format: 'b64_json', ...settings }),
  });
  if (!response.ok) throw new Error(await response.text());
  await response.arrayBuffer();
}

async function bare(): Promise<void> {
  await pipeline.draw({ prompt, textEncoder, ...settings });
}

async function milliseconds(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

try {
  await overHttp();
  await bare();
  const times = { server: [] as number[], bare: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    times.bare.push(await milliseconds(bare));
    times.server.push(await milliseconds(overHttp));
  }
  const [whole, own] = [median(times.server), median(times.bare)];
  const overhead = ((100 * (whole - own)) / own).toFixed(1);
  console.log(`${availableParallelism()} cores, ${rounds} rounds in turn, medians`);
  console.log(`bare pipeline ${own.toFixed(0)} ms, over HTTP ${whole.toFixed(0)} ms: ${overhead} % more`);
} finally {
  await server.stop(0);
  await pipeline.dispose();
  await textEncoder.dispose();
  await rm(data, { recursive: true, force: true });
}
