/**
 * For tests only: BERT and its relatives as loops over float64 numbers, from the formulas of the papers alone
 * (arXiv 1706.03762 for attention, 1607.06450 for the norm, 1606.08415 for GELU). Slow, and short enough to be checked by
 * eye. Shares nothing with roberta.ts but the config.
 */
import type { BertConfig } from '../bertConfig.ts';

type Vector = number[];
type ParameterOf = (name: string) => ArrayLike<number>;

/** Every hidden state of `ids` [batch, length] without a mask, each [batch * length * hidden]. */
export function plainBert(
  config: BertConfig,
  ids: readonly number[],
  length: number,
  parameter: ParameterOf,
): Float64Array[] {
  const states: Vector[][] = Array.from({ length: config.numHiddenLayers + 1 }, () => []);
  for (let start = 0; start < ids.length; start += length) {
    let rows = embed(config, ids.slice(start, start + length), parameter);
    states[0]!.push(...rows);
    for (let i = 0; i < config.numHiddenLayers; i++) {
      rows = layer(config, rows, (name) => parameter(`${config.names.layers}.${i}.${name}`));
      states[i + 1]!.push(...rows);
    }
  }
  return states.map((rows) => Float64Array.from(rows.flat()));
}

function embed(config: BertConfig, ids: readonly number[], parameter: ParameterOf): Vector[] {
  const size = config.embeddingSize;
  const row = (name: string, index: number) =>
    Array.from(
      { length: size },
      (_, j) => parameter(`embeddings.${name}_embeddings.weight`)[index * size + j]!,
    );
  let seen = 0;
  return ids.map((id, place) => {
    const isPad = id === config.padTokenId;
    if (!isPad) seen++;
    const counted = isPad ? config.padTokenId : config.padTokenId + seen;
    const position = config.positions === 'fromZero' ? place : counted;
    const parts = [row('word', id), row('position', position)];
    if (config.typeVocabSize > 0) parts.push(row('token_type', 0));
    const sum = parts[0]!.map((_, j) => parts.reduce((total, part) => total + part[j]!, 0));
    const normal = norm(sum, 'embeddings.LayerNorm', config.layerNormEps, parameter);
    return size === config.hiddenSize ? normal : dense(normal, 'embeddings_project', parameter);
  });
}

function layer(config: BertConfig, rows: readonly Vector[], parameter: ParameterOf): Vector[] {
  const { names, layerNormEps } = config;
  const [query, key, value] = names.projections.map((name) => rows.map((row) => dense(row, name, parameter)));
  const size = config.hiddenSize / config.numAttentionHeads;
  return rows.map((row, i) => {
    const read: number[] = [];
    for (let from = 0; from < config.hiddenSize; from += size) {
      const head = (vector: Vector) => vector.slice(from, from + size);
      const scores = key!.map((k) => dot(head(query![i]!), head(k)) / Math.sqrt(size));
      const weights = scores.map((score) => Math.exp(score - Math.max(...scores)));
      const total = weights.reduce((a, b) => a + b, 0);
      for (let j = from; j < from + size; j++) {
        read.push(value!.reduce((sum, v, at) => sum + (weights[at]! / total) * v[j]!, 0));
      }
    }
    const attended = norm(
      plus(dense(read, names.attentionOutput, parameter), row),
      names.attentionNorm,
      layerNormEps,
      parameter,
    );
    const inner = dense(attended, names.inner, parameter).map(gelu);
    return norm(
      plus(dense(inner, names.outer, parameter), attended),
      names.outerNorm,
      layerNormEps,
      parameter,
    );
  });
}

/** W x + b, with W [out, in]. */
function dense(x: Vector, name: string, parameter: ParameterOf): Vector {
  const weight = parameter(`${name}.weight`);
  return Array.from(parameter(`${name}.bias`), (bias, i) =>
    x.reduce((sum, value, j) => sum + weight[i * x.length + j]! * value, bias),
  );
}

function norm(x: Vector, name: string, epsilon: number, parameter: ParameterOf): Vector {
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
  const [gain, bias] = [parameter(`${name}.weight`), parameter(`${name}.bias`)];
  return x.map((value, j) => ((value - mean) / Math.sqrt(variance + epsilon)) * gain[j]! + bias[j]!);
}

/** x Phi(x), with erf as its power series, which converges everywhere. */
function gelu(x: number): number {
  return (x * (1 + erf(x / Math.SQRT2))) / 2;
}

function erf(x: number): number {
  if (Math.abs(x) > 5) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const plus = (a: Vector, b: Vector): Vector => a.map((value, i) => value + b[i]!);
const dot = (a: Vector, b: Vector): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
