import { beforeEach, expect, test } from 'vitest';
import { createGraph, input } from '../graph/graph.ts';
import { add } from '../graph/ops/arithmetic.ts';
import { compile } from '../runtime/compile.ts';
import { openRuntime } from '../runtime/node.ts';
import type { Session } from '../runtime/session.ts';
import { floatTensor } from '../runtime/tensor.ts';
import { sessionsBySize } from './sessions.ts';

const runtime = await openRuntime('cpu', { threads: 1 });
let events: string[] = [];

beforeEach(() => {
  events = [];
});

/** x + 1 for x [height, width]; tells when it is opened and disposed of. */
async function open(height: number, width: number): Promise<Session> {
  events.push(`open ${height}x${width}`);
  const graph = createGraph();
  const x = input(graph, 'x', 'float32', [height, width]);
  const session = await compile(runtime, graph, { y: add(x, 1) });
  return {
    ...session,
    dispose: () => {
      events.push(`dispose ${height}x${width}`);
      return session.dispose();
    },
  };
}

const ones = (height: number, width: number) => (session: Session) =>
  session.run({ x: floatTensor(new Float32Array(height * width).fill(1), [height, width]) });

test('a size is compiled once, also when it is asked for twice at the same time', async () => {
  const sessions = sessionsBySize(open);
  const results = await Promise.all([sessions.use(2, 3, ones(2, 3)), sessions.use(2, 3, ones(2, 3))]);
  results.push(await sessions.use(2, 3, ones(2, 3)));
  expect(results.map((result) => result['y']?.data)).toEqual(new Array(3).fill(new Float32Array(6).fill(2)));
  expect(events).toEqual(['open 2x3']);
  await sessions.dispose();
});

test('the size that was used least lately makes room for another', async () => {
  const sessions = sessionsBySize(open, 2);
  for (const width of [1, 2, 1, 3, 1]) await sessions.use(1, width, ones(1, width));
  expect(events).toEqual(['open 1x1', 'open 1x2', 'dispose 1x2', 'open 1x3']);
  await sessions.dispose();
  expect(events.slice(4).sort()).toEqual(['dispose 1x1', 'dispose 1x3']);
});

test('a session in use is not taken away', async () => {
  const sessions = sessionsBySize(open, 1);
  await sessions.use(1, 1, async (first) => {
    await sessions.use(1, 2, ones(1, 2));
    return ones(1, 1)(first);
  });
  expect(events).toEqual(['open 1x1', 'open 1x2']);
  await sessions.dispose();
});

test('disposing waits for the task that is running', async () => {
  const sessions = sessionsBySize(open);
  const running = sessions.use(2, 2, async (session) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    events.push('ran');
    return ones(2, 2)(session);
  });
  await sessions.dispose();
  await running;
  expect(events).toEqual(['open 2x2', 'ran', 'dispose 2x2']);
});

test('a session that could not be opened is tried again', async () => {
  let broken = true;
  const sessions = sessionsBySize((height, width) => {
    if (broken) return Promise.reject(new Error('out of memory'));
    return open(height, width);
  });
  await expect(sessions.use(1, 1, ones(1, 1))).rejects.toThrow('out of memory');
  broken = false;
  await sessions.use(1, 1, ones(1, 1));
  expect(events).toEqual(['open 1x1']);
  await sessions.dispose();
});
