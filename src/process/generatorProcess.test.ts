import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { KsdError } from '../errors.ts';
import { type GeneratorProcess, startGeneratorProcess } from './generatorProcess.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What is forked runs the last build: it must be of these sources. */
beforeAll(async () => {
  for (const name of ['errors', 'process/messages', 'process/serveGenerator']) {
    const built = await stat(join(root, 'dist', `${name}.js`)).catch(() => undefined);
    const source = await stat(join(root, 'src', `${name}.ts`));
    if (!built || built.mtimeMs < source.mtimeMs) {
      throw new Error(`src/${name}.ts is newer than its build. Run \`npm run build\` first.`);
    }
  }
});

interface Task {
  readonly kind: 'count' | 'ends' | 'echo' | 'refuse' | 'fail' | 'exit' | 'wait';
  readonly [detail: string]: unknown;
}
type Child = GeneratorProcess<Task, unknown>;

class DeathError extends Error {}

const module = fileURLToPath(new URL('./testing/worker.mjs', import.meta.url));
const start = (): Child =>
  startGeneratorProcess(module, (status, signal) => new DeathError(`${status} ${signal}`));

/** For the tests that leave it alive. */
const shared = start();
afterAll(() => shared.close());

async function all(child: Child, task: Task): Promise<unknown[]> {
  const events: unknown[] = [];
  for await (const event of child.run(task)) events.push(event);
  return events;
}

/** What it throws, and the events before. */
async function failing(child: Child, task: Task, signal?: AbortSignal, onEvent = () => {}) {
  const events: unknown[] = [];
  try {
    for await (const event of child.run(task, signal)) {
      events.push(event);
      onEvent();
    }
  } catch (error) {
    return { events, error };
  }
  throw new Error('It came to its end.');
}

/** What tasks did in the process since it was last asked. */
const endsOf = async (child: Child) => (await all(child, { kind: 'ends' }))[0];

function lives(pid: number | undefined): boolean {
  try {
    return process.kill(pid as number, 0);
  } catch {
    return false;
  }
}

test('events arrive in order, of one task after the other', async () => {
  const long = Array.from({ length: 200 }, (_, i) => i + 1);
  expect(await all(shared, { kind: 'count', to: 200 })).toEqual(long);
  expect(await all(shared, { kind: 'count', to: 0 })).toEqual([]);
  expect(await all(shared, { kind: 'count', to: 2 })).toEqual([1, 2]);
});

test('numbers that are none, bytes and large integers arrive as they are', async () => {
  const value = { none: Number.NaN, bytes: Uint8Array.of(0, 255), seed: 2n ** 63n, nothing: undefined };
  expect(await all(shared, { kind: 'echo', value })).toEqual([value]);
});

test('the work waits for its consumer, and is ended where that breaks off', async () => {
  await endsOf(shared);
  for await (const event of shared.run({ kind: 'count', to: 1000 })) {
    await pause(20);
    if (event === 3) break;
  }
  expect(await endsOf(shared)).toEqual(['made 3']);
});

test('an error arrives after the events before it, with its code, what to do, and where it came from', async () => {
  const { events, error } = await failing(shared, { kind: 'refuse' });
  expect(events).toEqual(['begun']);
  expect(error).toBeInstanceOf(KsdError);
  expect(error).toMatchObject({
    ...{ code: 'INPUT', problem: 'That cannot be done.', remedy: 'Ask for something else.' },
    stack: expect.stringContaining('worker.mjs'),
  });
});

test('a defect stays an error without a code', async () => {
  const { error } = await failing(shared, { kind: 'fail' });
  expect(error).not.toBeInstanceOf(KsdError);
  expect(error).toMatchObject({ message: 'This is a defect.', stack: expect.stringContaining('worker.mjs') });
});

test('an abort is heard in the middle of the work, throws its reason, and leaves the process to the next task', async () => {
  await endsOf(shared);
  const stop = new AbortController();
  const reason = new Error('Enough.');
  const stopped = await failing(shared, { kind: 'wait' }, stop.signal, () => stop.abort(reason));
  expect(stopped).toEqual({ events: ['begun'], error: reason });
  expect(await endsOf(shared)).toEqual(['aborted']);
  expect(await all(shared, { kind: 'count', to: 1 })).toEqual([1]);
});

test('an abort before the beginning is heard, too', async () => {
  const { error } = await failing(shared, { kind: 'wait' }, AbortSignal.abort('too late'));
  expect(error).toBe('too late');
});

test('a process that is killed is told, to this task and to the next', async () => {
  const child = start();
  onTestFinished(() => child.close());
  const { events, error } = await failing(child, { kind: 'wait' }, undefined, () =>
    process.kill(child.pid as number, 'SIGKILL'),
  );
  expect(events).toEqual(['begun']);
  expect(error).toEqual(new DeathError('null SIGKILL'));
  expect(child.alive()).toBe(false);
  expect((await failing(child, { kind: 'ends' })).error).toBe(error);
});

test('a process that ends is told with its status', async () => {
  const child = start();
  onTestFinished(() => child.close());
  expect((await failing(child, { kind: 'exit', status: 3 })).error).toEqual(new DeathError('3 null'));
});

test('SIGTERM stops the work in hand and what comes after, and the process answers on', async () => {
  const child = start();
  onTestFinished(() => child.close());
  const sent = () => process.kill(child.pid as number, 'SIGTERM');
  const { events, error } = await failing(child, { kind: 'wait' }, undefined, sent);
  expect(events).toEqual(['begun']);
  expect(String(error)).toMatch(/abort/i);
  expect((await failing(child, { kind: 'wait' })).error).toBeInstanceOf(Error);
  expect(await all(child, { kind: 'count', to: 1 })).toEqual([1]);
});

test('closing stops the work in the middle and waits until the process is gone', async () => {
  const child = start();
  const working = failing(child, { kind: 'wait' });
  await pause(0);
  await child.close();
  expect(lives(child.pid)).toBe(false);
  expect((await working).error).toBeInstanceOf(DeathError);
  expect(child.alive()).toBe(false);
});
