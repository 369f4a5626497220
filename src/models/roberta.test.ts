import { beforeAll, describe, expect, test } from 'vitest';
import { openSafetensors } from '../checkpoint/safetensors.ts';
import { readFloat32, readTensor, type TensorEntry, tensorNamed } from '../checkpoint/tensorEntry.ts';
import { openTextEncoder } from '../checkpoint/textEncoderFolder.ts';
import { ConfigError } from '../errors.ts';
import { createGraph, input } from '../graph/graph.ts';
import { evaluate, floats, integers, randomFloats, type TestTensor } from '../graph/testing.ts';
import {
  type BertConfig,
  parseBertConfig,
  parseDistilBertConfig,
  parseElectraConfig,
  parseRobertaConfig,
} from './bertConfig.ts';
import { positionIdsOf, robertaModel } from './roberta.ts';
import { plainBert } from './testing/plainBert.ts';

type Parameters = Readonly<Record<string, TestTensor>>;

/** Every hidden state of `ids` [batch, length]; parameters are fed by name. */
async function statesOf(
  config: BertConfig,
  ids: readonly number[],
  length: number,
  valuesOf: (name: string, shape: readonly number[]) => TestTensor,
): Promise<{ states: Float32Array[]; parameters: Parameters }> {
  const graph = createGraph();
  const shape = [ids.length / length, length];
  const { hiddenStates } = robertaModel(graph, config, {
    inputIds: input(graph, 'input_ids', 'int64', ['batch', 'length']),
    positionIds: input(graph, 'position_ids', 'int64', ['batch', 'length']),
  });
  const parameters = Object.fromEntries(
    [...graph.parameters].map(([name, value]) => [name, valuesOf(name, value.shape as readonly number[])]),
  );
  const results = await evaluate(Object.fromEntries(hiddenStates.map((value, i) => [`s${i}`, value])), {
    input_ids: integers(ids, shape),
    position_ids: integers([...positionIdsOf(config, ids, length)], shape),
    ...parameters,
  });
  return { states: hiddenStates.map((_, i) => results[`s${i}`]!.data as Float32Array), parameters };
}

function worst(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  let most = 0;
  for (let i = 0; i < actual.length; i++) most = Math.max(most, Math.abs(actual[i]! - expected[i]!));
  return most;
}

const sizes = {
  vocab_size: 11,
  hidden_size: 12,
  intermediate_size: 20,
  num_hidden_layers: 2,
  num_attention_heads: 3,
  max_position_embeddings: 9,
  hidden_act: 'gelu',
};

const distilSizes = {
  vocab_size: 11,
  dim: 12,
  hidden_dim: 20,
  n_layers: 2,
  n_heads: 3,
  max_position_embeddings: 9,
  activation: 'gelu',
};

const members: [string, BertConfig][] = [
  ['BERT', parseBertConfig(sizes)],
  ['RoBERTa', parseRobertaConfig({ ...sizes, type_vocab_size: 1 })],
  ['ELECTRA', parseElectraConfig({ ...sizes, embedding_size: 5 })],
  ['ELECTRA with embeddings as wide as its layers', parseElectraConfig({ ...sizes, embedding_size: 12 })],
  ['DistilBERT', parseDistilBertConfig(distilSizes)],
];

test.each(members)('%s gives the states of the formulas of its paper', async (_, config) => {
  const ids = [3, 4, 10, 1, 1, 1, 5, 6, 7, 8, 9, 2];
  let seed = 0;
  const { states, parameters } = await statesOf(config, ids, 6, (_name, shape) =>
    randomFloats(++seed, shape),
  );
  const expected = plainBert(config, ids, 6, (name) => parameters[name]!.data as Float32Array);
  expect(states).toHaveLength(3);
  states.forEach((state, i) => {
    expect(worst(state, expected[i]!)).toBeLessThan(2e-5);
  });
});

describe("transformers' RobertaModel, written under the names of another", () => {
  const folder = 'fixtures/golden/text_encoders';
  const file = `${folder}/cases/roberta_random_1_no_mask.safetensors`;
  let roberta: BertConfig;
  let values: Map<string, Float32Array>;
  let rows: number[][];
  let golden: Float32Array[];

  beforeAll(async () => {
    const { config, weights } = await openTextEncoder(`${folder}/roberta`);
    roberta = parseRobertaConfig(config);
    values = new Map(
      await Promise.all(
        [...weights.tensors].map(async ([name, entry]) => [name, await readFloat32(entry)] as const),
      ),
    );
    const reference = await openSafetensors(file);
    const ids = Array.from(
      await readTensor(tensorNamed(reference, 'input_ids') as TensorEntry<'I64'>),
      Number,
    );
    rows = [ids.slice(0, 77), ids.slice(77, 154)];
    golden = await Promise.all(
      Array.from({ length: roberta.numHiddenLayers + 1 }, (_, i) =>
        readFloat32(tensorNamed(reference, `hidden_states.${i}`)),
      ),
    );
  });

  /** RoBERTa's position embeddings of one text in the order of its tokens: what a table by place must hold. */
  function positionsByPlace(row: readonly number[]): Float32Array {
    const size = roberta.hiddenSize;
    const table = values.get('embeddings.position_embeddings.weight')!;
    const placed = new Float32Array(roberta.maxPositionEmbeddings * size);
    positionIdsOf(roberta, row, row.length).forEach((position, place) => {
      placed.set(table.subarray(position * size, (position + 1) * size), place * size);
    });
    return placed;
  }

  /** Compares a member that counts by place, one text at a time, with what transformers gives for RoBERTa. */
  async function check(config: BertConfig, value: (name: string, row: readonly number[]) => Float32Array) {
    const size = roberta.hiddenSize * 77;
    for (const [i, row] of rows.entries()) {
      const { states } = await statesOf(config, row, 77, (name, shape) => floats(value(name, row), shape));
      states.forEach((state, layer) => {
        expect(worst(state, golden[layer]!.subarray(i * size, (i + 1) * size))).toBeLessThan(1e-4);
      });
    }
  }

  const ofBert = (name: string, row: readonly number[]) =>
    name === 'embeddings.position_embeddings.weight' ? positionsByPlace(row) : values.get(name)!;

  test('as BERT it gives the same states', () => check({ ...roberta, positions: 'fromZero' }, ofBert));

  test('as DistilBERT, its one type added to every word, it gives the same states', async () => {
    const { names } = parseDistilBertConfig(distilSizes);
    const back = new Map<string, string>();
    for (let i = 0; i < roberta.numHiddenLayers; i++) {
      const pair = (to: string, from: string) =>
        back.set(`${names.layers}.${i}.${to}`, `encoder.layer.${i}.${from}`);
      for (const [which, name] of names.projections.entries()) pair(name, roberta.names.projections[which]!);
      pair(names.attentionOutput, roberta.names.attentionOutput);
      pair(names.attentionNorm, roberta.names.attentionNorm);
      pair(names.inner, roberta.names.inner);
      pair(names.outer, roberta.names.outer);
      pair(names.outerNorm, roberta.names.outerNorm);
    }
    const type = values.get('embeddings.token_type_embeddings.weight')!;
    const words = values
      .get('embeddings.word_embeddings.weight')!
      .map((value, i) => value + type[i % roberta.hiddenSize]!);
    await check(
      { ...roberta, positions: 'fromZero', typeVocabSize: 0, pooler: false, names },
      (name, row) => {
        if (name === 'embeddings.word_embeddings.weight') return words;
        const [, module, kind] = /^(.*)\.(weight|bias)$/.exec(name)!;
        return ofBert(`${back.get(module!) ?? module}.${kind}`, row);
      },
    );
  });
});

test.each<[string, () => unknown, RegExp]>([
  [
    'a DistilBERT whose heads do not fit',
    () => parseDistilBertConfig({ ...distilSizes, n_heads: 5 }),
    /n_heads is 5: must divide dim/,
  ],
  ['a DistilBERT with BERT’s keys', () => parseDistilBertConfig(sizes), /dim is missing/],
  ['a decoder', () => parseBertConfig({ ...sizes, is_decoder: true }), /is_decoder is true: only false/],
  [
    'relative positions',
    () => parseElectraConfig({ ...sizes, position_embedding_type: 'relative_key' }),
    /position_embedding_type/,
  ],
])('%s is refused by the name of the key', (_, parse, message) => {
  expect(parse).toThrow(ConfigError);
  expect(parse).toThrow(message);
});

test('an encoder without a pooler says so when its pooled output is asked for', () => {
  const graph = createGraph();
  const inputIds = input(graph, 'input_ids', 'int64', ['batch', 4]);
  const positionIds = input(graph, 'position_ids', 'int64', ['batch', 4]);
  const output = robertaModel(graph, parseElectraConfig(sizes), { inputIds, positionIds });
  expect(() => output.pooledOutput()).toThrow(/no pooled output/);
});
