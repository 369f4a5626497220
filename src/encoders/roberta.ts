/**
 * RoBERTa and XLM-RoBERTa as members of the family. Without a mask, as the original K-Stable-Diffusion runs it: pads attend and are
 * attended to, and every pad has the same word and the same position, hence the same state in every layer.
 */
import { type Graph, input } from '../graph/graph.ts';
import type { Dim } from '../graph/shape.ts';
import {
  biasOfMask,
  parseRobertaConfig,
  type RobertaConfig,
  type RobertaInputs,
  robertaModel,
  robertaPositionIds,
} from '../models/roberta.ts';
import { floatTensor, intTensor, type Tensor } from '../runtime/tensor.ts';
import type { EncoderModel } from './model.ts';
import { packRows } from './packing.ts';

/** Throws ConfigError naming the key of the config that does not fit; `source` names the file. */
export function robertaEncoder(json: unknown, source: string): EncoderModel {
  const config = parseRobertaConfig(json, source);
  const padded: EncoderModel = {
    ...robertaFacts(config),
    modelType: 'roberta',
    transformers: { className: 'RobertaModel', config: config.json },
    equalPadId: config.padTokenId,
    build: (graph, length, { extraVectors } = {}) =>
      robertaModel(graph, config, { ...robertaInputs(graph, length), extraVectors }),
    feeds: (ids, length, keyBias) =>
      robertaFeeds(
        ids,
        length,
        robertaPositionIds(ids, length, config.padTokenId),
        masksPads(json) ? padBias(ids, config.padTokenId) : keyBias,
      ),
  };
  if (masksPads(json)) return padded;
  return {
    ...padded,
    packed: {
      ...padded,
      build: (graph, length) => buildPacked(graph, config, length),
      feeds: (ids, length, keyBias) => packedFeeds(config, ids, length, keyBias),
    },
  };
}

/** What the members that are built on RoBERTa have in common with it. */
export function robertaFacts({ hiddenSize, vocabSize, maxPositionEmbeddings, padTokenId }: RobertaConfig) {
  // Positions start after the padding index.
  return { hiddenSize, vocabSize, maxLength: maxPositionEmbeddings - padTokenId - 1 };
}

/** Adds RoBERTa's inputs for [batch, length] ids. */
export function robertaInputs(graph: Graph, length: Dim): RobertaInputs {
  return {
    inputIds: input(graph, 'input_ids', 'int64', ['batch', length]),
    positionIds: input(graph, 'position_ids', 'int64', ['batch', length]),
    attentionBias: input(graph, 'attention_bias', 'float32', ['batch', 1, 1, length]),
  };
}

/** What to feed them; `ids`, `positionIds` and `keyBias` (zeros when left out) are [batch, length]. */
export function robertaFeeds(
  ids: Int32Array,
  length: number,
  positionIds: Int32Array,
  keyBias: Float32Array = new Float32Array(ids.length),
): Record<string, Tensor> {
  const batch = ids.length / length;
  return {
    input_ids: intTensor(ids, [batch, length]),
    position_ids: intTensor(positionIds, [batch, length]),
    attention_bias: floatTensor(keyBias, [batch, 1, 1, length]),
  };
}

function buildPacked(graph: Graph, config: RobertaConfig, length: Dim) {
  return robertaModel(graph, config, {
    inputIds: input(graph, 'input_ids', 'int64', ['rows']),
    positionIds: input(graph, 'position_ids', 'int64', ['rows']),
    attentionBias: input(graph, 'attention_bias', 'float32', ['batch', 1, 1, length]),
    packed: {
      rows: input(graph, 'rows', 'int64', ['rows']),
      rowOfPlace: input(graph, 'row_of_place', 'int64', ['batch', length]),
      size: ['batch', length],
    },
  });
}

function packedFeeds(
  { padTokenId }: RobertaConfig,
  ids: Int32Array,
  length: number,
  keyBias?: Float32Array,
): Record<string, Tensor> {
  const batch = ids.length / length;
  const { rows, rowOfPlace, bias } = packRows(ids, length, padTokenId, keyBias);
  const positions = robertaPositionIds(ids, length, padTokenId);
  const packed = (values: Int32Array) =>
    intTensor(
      rows.map((place) => values[place]!),
      [rows.length],
    );
  return {
    input_ids: packed(ids),
    position_ids: packed(positions),
    attention_bias: floatTensor(bias, [batch, 1, 1, length]),
    rows: intTensor(rows, [rows.length]),
    row_of_place: intTensor(rowOfPlace, [batch, length]),
  };
}

/** Differs from RoBERTa in its name only. */
export function xlmRobertaEncoder(json: unknown, source: string): EncoderModel {
  const model = robertaEncoder(json, source);
  const transformers = { className: 'XLMRobertaModel', config: model.transformers!.config };
  return { ...model, modelType: 'xlm-roberta', transformers };
}

/** The encoder of AltDiffusion was trained with a mask, and its config says so. */
function masksPads(json: unknown): boolean {
  return (json as { use_attention_mask?: unknown } | null)?.use_attention_mask === true;
}

/** With it no token reads a pad, however many there are. */
function padBias(ids: Int32Array, padId: number): Float32Array {
  return biasOfMask(ids.map((id) => (id === padId ? 0 : 1)));
}
