import { expect, test } from 'vitest';
import { ConfigError, RuntimeError } from '../errors.ts';
import { createGraph, input } from '../graph/graph.ts';
import { add } from '../graph/ops/arithmetic.ts';
import { compile } from '../runtime/compile.ts';
import { openRuntime } from '../runtime/node.ts';
import type { Session } from '../runtime/session.ts';
import { floatTensor } from '../runtime/tensor.ts';
import { openTextEncoder } from './textEncoder.ts';
import { oneAtATime, variationGraph } from './variations.ts';

const runtime = await openRuntime('cpu', { threads: 1 });

/** Sessions of x + key, and what becomes of them. */
function counting() {
  const events: string[] = [];
  const sessions = oneAtATime((key: number) => {
    if (key < 0) throw new ConfigError('No such key.', 'Use another.');
    return async (): Promise<Session> => {
      events.push(`open ${key}`);
      const graph = createGraph();
      const session = await compile(runtime, graph, { y: add(input(graph, 'x', 'float32', [1]), key) });
      return {
        ...session,
        dispose: () => {
          events.push(`dispose ${key}`);
          return session.dispose();
        },
      };
    };
  });
  const plus = (key: number) =>
    sessions.use(key, async (session) => {
      const { y } = await session.run({ x: floatTensor(Float32Array.of(1), [1]) });
      return y?.data[0];
    });
  return { events, sessions, plus };
}

test('one session is kept, and makes room before another is opened, whoever asks at the same time', async () => {
  const { events, sessions, plus } = counting();
  expect(await Promise.all([plus(1), plus(2), plus(2), plus(1)])).toEqual([2, 3, 3, 2]);
  expect(events).toEqual(['open 1', 'dispose 1', 'open 2', 'dispose 2', 'open 1']);
  await sessions.dispose();
  expect(events.at(-1)).toBe('dispose 1');
  await expect(plus(1)).rejects.toThrow(RuntimeError);
});

test('a key that has no session leaves the one that is there', async () => {
  const { events, sessions, plus } = counting();
  await plus(1);
  await expect(plus(-1)).rejects.toThrow(ConfigError);
  expect(await plus(1)).toBe(2);
  expect(events).toEqual(['open 1']);
  await sessions.dispose();
});

test('an encoder whose graph does not read the extra vectors is refused', async () => {
  const { model, dispose } = await openTextEncoder(runtime, 'fixtures/golden/pipeline/roberta/text_encoder');
  const deaf = {
    ...model,
    build: (graph: Parameters<typeof model.build>[0], length: number | string) => model.build(graph, length),
  };
  expect(() => variationGraph(deaf, 'deaf', { clipSkip: 1, extra: true })).toThrow(
    /deaf \(roberta\) takes no textual/,
  );
  expect(() => variationGraph(model, 'hearing', { clipSkip: 1, extra: true })).not.toThrow();
  await dispose();
});
