import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { openStableDiffusion } from '../checkpoint/stableDiffusion.ts';
import { createGraph, parameter } from '../graph/graph.ts';
import { parseExperiment } from './experiment.ts';
import { initialParameters, openStart } from './start.ts';

const roberta = resolve('fixtures/golden/pipeline/roberta');

async function startFrom(start: string, kind: string) {
  const student = { kind, start, tokenizer: join(roberta, 'tokenizer') };
  const yaml = { name: 'x', teacher: 'sd', student, corpus: { pairs: 'p.jsonl' } };
  return openStart(
    parseExperiment(JSON.stringify(yaml), '/x.yaml'),
    await openStableDiffusion('models/emoji-sd/model'),
  );
}

test('a pooler that a masked-LM checkpoint lacks is random, and the rest is as it was', async () => {
  const start = await startFrom(join(roberta, 'text_encoder'), 'roberta-pooler');
  const bare = new Map([...start.weights!.tensors].filter(([name]) => !name.startsWith('pooler.')));
  const lacking = { ...start, weights: { ...start.weights!, tensors: bare } };
  // Narrower than the teacher: above its layers is a projection.
  const hiddenSize = start.model.projectedFrom!;
  const graph = createGraph();
  parameter(graph, 'pooler.dense.weight', [hiddenSize, hiddenSize]);
  parameter(graph, 'pooler.dense.bias', [hiddenSize]);
  parameter(graph, 'embeddings.LayerNorm.weight', [hiddenSize]);
  const values = await initialParameters(lacking, graph.parameters, 3);
  const weights = values.get('pooler.dense.weight')!;
  const deviation = Math.sqrt(weights.reduce((sum, value) => sum + value * value, 0) / weights.length);
  expect(deviation).toBeGreaterThan(0.015);
  expect(deviation).toBeLessThan(0.025);
  expect(values.get('pooler.dense.bias')!.every((value) => value === 0)).toBe(true);
  const whole = await initialParameters(
    start,
    new Map([['embeddings.LayerNorm.weight', graph.parameters.get('embeddings.LayerNorm.weight')!]]),
    3,
  );
  expect(values.get('embeddings.LayerNorm.weight')).toEqual(whole.get('embeddings.LayerNorm.weight'));
});

test('a student of another architecture than its kind is refused', async () => {
  await expect(startFrom(join(roberta, 'text_encoder'), 'clip')).rejects.toThrow(
    /kind clip is a clip_text_model, but .* holds a roberta/,
  );
});
