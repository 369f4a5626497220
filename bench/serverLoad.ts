/**
 * `ksd serve` under many clients at once, some of which cancel or hang up, while a process that draws is killed in the middle:
 * every accepted job must end once. Prints how long clients waited and how the memory of the server went (Linux), and writes
 * that as an SVG into out/server-load/.
 *
 *   npm run bench:load -- [redis] [clients]       with `redis`: redis-server, and two `ksd worker` beside a server that draws nothing
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFileAtomic } from '../src/checkpoint/atomic.ts';
import { packageRoot } from '../src/checkpoint/packageRoot.ts';
import { load } from '../src/server/testing/load.ts';
import { startRedis } from '../src/server/testing/redis.ts';
import { memoryChart, sparkline } from './server/memoryChart.ts';

const shared = process.argv.includes('redis');
const clients = Number(process.argv.slice(2).find((given) => /^\d+$/.test(given)) ?? 200);
const program = join(packageRoot(), 'dist', 'cli', 'main.js');
/** Milliseconds between two looks at the memory. */
const interval = 500;

/** What it says first on stdout, and the process. */
async function start(args: readonly string[]): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, [program, ...args, '--device', 'cpu', '--lang', 'en'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [said] = await Promise.race([
    once(child.stdout as NonNullable<typeof child.stdout>, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error(`ksd ${args[0]} ended. Run npm run build.`))),
  ]);
  return { child, said: String(said).trim() };
}

/** MiB in memory. */
function residentSize(pid: number): number {
  return (Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096) / 2 ** 20;
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

function percentile(sorted: readonly number[], part: number): string {
  return `${(sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN).toFixed(1)} s`;
}

const data = await mkdtemp(join(tmpdir(), 'ksd-load-'));
const redis = shared ? await startRedis() : undefined;
const children: ChildProcess[] = [];
try {
  const place = redis ? ['--queue', redis.url, '--store', data] : [];
  const server = await start([
    'serve',
    '--port',
    '0',
    '--no-open',
    '--data',
    data,
    ...place,
    ...(redis ? ['--workers', '0'] : []),
  ]);
  children.push(server.child);
  for (let i = 0; redis && i < 2; i++) children.push((await start(['worker', ...place])).child);
  const pid = server.child.pid as number;
  const sizes = [residentSize(pid)];
  const sampling = setInterval(() => sizes.push(residentSize(pid)), interval);
  let victim: number | undefined;
  const began = performance.now();
  const { ends, refusals, waits, wrong } = await load({
    ...{ url: server.said, clients, seed: 1, steps: 10 },
    onEnd(ended) {
      if (victim !== undefined || ended < clients / 5) return;
      // Of a server the process that draws; of workers one as a whole, as if its machine had gone.
      victim = redis ? (children[1]?.pid as number) : childrenOf(pid)[0];
      if (victim !== undefined) process.kill(victim, 'SIGKILL');
    },
  });
  clearInterval(sampling);
  const seconds = (performance.now() - began) / 1000;
  const sorted = [...waits].sort((a, b) => a - b);
  console.log(
    `${clients} clients, ${redis ? 'Redis and two workers' : 'one process that draws'}, ${seconds.toFixed(0)} s`,
  );
  console.log(
    `done ${ends.done}, failed ${ends.failed}, cancelled ${ends.cancelled}; answered 429: ${refusals}`,
  );
  console.log(
    `waited: median ${percentile(sorted, 0.5)}, 95 % ${percentile(sorted, 0.95)}, longest ${percentile(sorted, 1)}`,
  );
  const quarter = Math.floor(sizes.length / 4);
  console.log(
    `memory of the server: ${sizes[quarter]?.toFixed(0)} MiB after a quarter, ${sizes.at(-1)?.toFixed(0)} MiB at the end`,
  );
  console.log(sparkline(sizes));
  const chart = join(packageRoot(), 'out', 'server-load', `${redis ? 'redis' : 'local'}.svg`);
  await writeFileAtomic(chart, memoryChart(sizes, interval / 1000));
  console.log(chart);
  for (const one of wrong) console.log(`WRONG ${one}`);
  if (victim === undefined) console.log('WRONG nothing was killed');
  if (wrong.length > 0 || victim === undefined) process.exitCode = 1;
} finally {
  for (const child of children) child.kill('SIGKILL');
  await redis?.close();
  await rm(data, { recursive: true, force: true });
}
