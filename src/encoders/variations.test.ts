import { expect, test } from 'vitest';
import { readFloat32, tensorNamed } from '../checkpoint/tensorEntry.ts';
import { openTextEncoder as openFolder } from '../checkpoint/textEncoderFolder.ts';
import { ConfigError, RuntimeError } from '../errors.ts';
import { createGraph, input } from '../graph/graph.ts';
import { add } from '../graph/ops/arithmetic.ts';
import { compile } from '../runtime/compile.ts';
import { openRuntime } from '../runtime/node.ts';
import type { Session } from '../runtime/session.ts';
import { floatTensor } from '../runtime/tensor.ts';
import { promptLength } from '../text/tokenizer.ts';
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

test.each([
  ['models/emoji-sd/model/text_encoder', 'text_model.final_layer_norm'],
  ['models/students/roberta', undefined],
])(
  'clip skip 2 of %s is the output of the last layer but one, through the final norm %s',
  async (folder, norm) => {
    const encoder = await openTextEncoder(runtime, folder);
    const { weights } = await openFolder(folder);
    const ids = encoder.tokenizer.encode('a red apple').ids;
    const row = new Int32Array(promptLength).fill(encoder.tokenizer.padId);
    row.set(ids);
    const graph = createGraph();
    const { hiddenStates } = encoder.model.build(graph, promptLength);
    const session = await compile(runtime, graph, { hidden: hiddenStates.at(-2)! }, weights);
    const { hidden } = await session.run(encoder.model.feeds(row, promptLength));
    const width = encoder.model.hiddenSize;
    const expected = hidden?.data as Float32Array;
    if (norm !== undefined) {
      const [scale, shift] = await Promise.all(
        ['weight', 'bias'].map((part) => readFloat32(tensorNamed(weights, `${norm}.${part}`))),
      );
      for (let start = 0; start < expected.length; start += width) {
        normalize(expected.subarray(start, start + width), scale!, shift!);
      }
    }
    const skipped = await encoder.encode(['a red apple'], { clipSkip: 2 });
    const errors = Array.from(skipped.data, (value, i) => Math.abs(value - expected[i]!));
    expect(Math.max(...errors)).toBeLessThan(1e-4);
    await Promise.all([session.dispose(), encoder.dispose()]);
  },
);

/** LayerNorm in place. */
function normalize(row: Float32Array, scale: Float32Array, shift: Float32Array): void {
  const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
  const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
  row.forEach((value, i) => {
    row[i] = ((value - mean) / Math.sqrt(variance + 1e-5)) * scale[i]! + shift[i]!;
  });
}
