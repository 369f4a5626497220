import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { alone } from './collective.ts';
import { underMpirun } from './mpirun.ts';
import { noMpirun } from './testing.ts';
import { anywhere, byFirst, checkSame, checkState, inTurn, shareOf } from './together.ts';

const built = resolve('dist/distillation/parallel');
let folder: string;

beforeAll(async () => {
  if (!existsSync(built)) throw new Error(`${built} is not there. Run \`npm run build\` first.`);
  folder = await mkdtemp(join(tmpdir(), 'ksd-mpi-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What each of `count` processes says after `script`, in which `collective` and the functions of together.ts are known. */
async function inProcesses(count: number, script: string): Promise<Record<string, unknown>[]> {
  const module = (name: string) => JSON.stringify(pathToFileURL(join(built, name)).href);
  const path = join(folder, 'script.mjs');
  await writeFile(
    path,
    `import { launchOf } from ${module('launch.js')};
     import { openCollective } from ${module('open.js')};
     import * as together from ${module('together.js')};
     const collective = await openCollective(launchOf(process.env));
     const { rank, size } = collective;
     const told = {};
     ${script}
     await collective.close();
     console.log('\\n' + JSON.stringify({ rank, ...told }) + '\\n');`,
  );
  const [command, ...args] = [...underMpirun(count), process.execPath, path];
  const { stdout } = await promisify(execFile)(command!, args);
  const answers = stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
  return answers.sort((a, b) => a.rank - b.rank);
}

test('three processes add, compare and pass on arrays of any size', async ({ skip }) => {
  skip(noMpirun !== undefined, noMpirun);
  const answers = await inProcesses(
    3,
    `
    const small = Float32Array.of(rank, 1, 2);
    const exact = Float64Array.of(2 ** -40, rank);
    const large = new Float32Array(17_000_000).fill(rank + 1);
    const none = new Float32Array();
    await collective.sum(small, large, exact, none);
    told.sums = [...small, ...exact];
    told.large = large.every((value) => value === 6);
    const most = Float64Array.of(rank, 5 - rank);
    await collective.max(most);
    told.most = [...most];
    const bytes = new Uint8Array(70_000_000).fill(rank === 0 ? 7 : rank);
    await collective.broadcast(bytes);
    told.passedOn = bytes.every((byte) => byte === 7);
    `,
  );
  expect(answers.map(({ rank }) => rank)).toEqual([0, 1, 2]);
  for (const answer of answers) {
    expect(answer).toMatchObject({
      sums: [3, 3, 6, 3 * 2 ** -40, 3],
      large: true,
      most: [2, 5],
      passedOn: true,
    });
  }
});

test('a process that waits for a slower one hears its timers', async ({ skip }) => {
  skip(noMpirun !== undefined, noMpirun);
  const [slow, waiting] = await inProcesses(
    2,
    `
    told.ticks = 0;
    const timer = setInterval(() => told.ticks++, 5);
    if (rank === 0) await new Promise((resolve) => setTimeout(resolve, 300));
    await collective.barrier();
    clearInterval(timer);
    `,
  );
  expect(slow!['rank']).toBe(0);
  expect(waiting!['ticks']).toBeGreaterThan(5);
});

test('three processes share, agree, and work in turn', async ({ skip }) => {
  skip(noMpirun !== undefined, noMpirun);
  const answers = await inProcesses(
    3,
    `
    const rows = [0, 1, 2, 3];
    told.share = together.shareOf(rows, collective);
    told.stops = await together.anywhere(collective, rank === 1);
    told.goesOn = await together.anywhere(collective, false);
    const value = await together.byFirst(collective, async () => ({ rank, weights: Float32Array.of(0.1), none: NaN }));
    told.first = [value.rank, value.weights[0], Number.isNaN(value.none)];
    async function* work(note) {
      told.note = note ?? 'none';
      const begun = Date.now();
      await new Promise((resolve) => setTimeout(resolve, 50));
      yield 'event';
      return [begun, Date.now()];
    }
    const work2 = together.inTurn(collective, work, ([begun]) => begun > 0);
    told.event = (await work2.next()).value;
    told.turn = (await work2.next()).value;
    `,
  );
  expect(answers.map(({ share }) => share)).toEqual([[0, 3], [1], [2]]);
  for (const answer of answers) {
    expect(answer).toMatchObject({
      stops: true,
      goesOn: false,
      first: [0, Math.fround(0.1), true],
      event: 'event',
    });
  }
  expect(answers.map(({ note }) => note)).toEqual(['none', true, true]);
  // Process 0 makes the files of this machine, before the others look for them.
  const [first, ...others] = answers.map(({ turn }) => turn as [number, number]);
  for (const [begun] of others) expect(begun).toBeGreaterThanOrEqual(first![1]);
});

test('students that have parted, and other files, are errors', async ({ skip }) => {
  skip(noMpirun !== undefined, noMpirun);
  const answers = await inProcesses(
    2,
    `
    const parameter = Float32Array.of(1, 2, 3);
    const state = { step: 4, parameters: [{ parameter: Float32Array.of(4) }, { parameter }] };
    await together.checkState(collective, state);
    parameter[2] += rank * 1e-6;
    await together.checkState(collective, state).catch((error) => { told.parted = error.message; });
    await together.checkSame(collective, 'The experiment', String(rank)).catch((error) => { told.other = error.message; });
    `,
  );
  for (const { parted } of answers) {
    expect(parted).toMatch(/students of the 2 processes are no longer the same at step 4/);
  }
  expect(answers[0]!['other']).toBeUndefined();
  expect(answers[1]!['other']).toMatch(/The experiment of process 1 on .* is another/);
});

test('a process alone has all rows and agrees with itself', async () => {
  expect(shareOf([1, 2, 3], alone)).toEqual([1, 2, 3]);
  expect(await anywhere(alone, true)).toBe(true);
  expect(await byFirst(alone, async () => 5)).toBe(5);
  await checkSame(alone, 'x', 'y');
  await checkState(alone, { step: 1, parameters: [] });
  const work = inTurn(
    alone,
    async function* () {
      yield 1;
      return 2;
    },
    () => undefined,
  );
  expect([await work.next(), await work.next()]).toEqual([
    { value: 1, done: false },
    { value: 2, done: true },
  ]);
});
