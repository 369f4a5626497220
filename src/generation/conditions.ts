/**
 * From prompts to the states that condition a picture, by whichever text encoder: prompt and negative prompt go
 * through the same one.
 */
import { extraVocabulary } from '../encoders/extraVocabulary.ts';
import type { TextEncoder } from '../encoders/textEncoder.ts';
import { ConfigError, InputError } from '../errors.ts';
import { type FloatTensor, floatTensor } from '../runtime/tensor.ts';
import { chunkLength, chunkPrompt, emptyChunk, type PromptChunk } from '../text/promptChunks.ts';
import { promptLength } from '../text/tokenizer.ts';
import { emphasize } from './emphasis.ts';
import type { Conditions } from './guidance.ts';
import type { PromptOptions } from './prompting.ts';

export interface EncodedPrompts {
  readonly conditions: Conditions;
  /** A sentence for each different prompt that was cut. */
  readonly warnings: readonly string[];
}

/** A prompt of more chunks would take more memory than it is worth: every attention of the U-Net reads all of them. */
const mostChunks = 64;

/**
 * States [prompts, 77 * chunks, hiddenSize] of the prompts, and of the negative prompts if there are any. All have as many
 * chunks as the longest one; empty ones fill up the others. Every chunk is encoded once, however many pictures share it.
 * Throws InputError for a prompt of over 4800 tokens, and what the encoder throws.
 */
export async function encodePrompts(
  encoder: TextEncoder,
  prompts: readonly string[],
  negativePrompts?: readonly string[],
  options: PromptOptions = {},
): Promise<EncodedPrompts> {
  const { words, vectors } = extraVocabulary(encoder, options.embeddings ?? []);
  const texts = [...new Set([...prompts, ...(negativePrompts ?? [])])];
  const chunked = texts.map((text) =>
    chunkPrompt(encoder.tokenizer, text, { ...options, extraWords: words }),
  );
  const count = Math.max(...chunked.map(({ chunks }) => chunks.length));
  if (count > mostChunks) {
    throw new InputError(
      `A prompt has ${Math.max(...chunked.map(({ tokens }) => tokens))} tokens.`,
      `Use at most ${mostChunks * chunkLength}, or let long prompts be cut.`,
    );
  }
  const empty = emptyChunk(encoder.tokenizer);
  const filled = chunked.map(({ chunks }) => Array.from({ length: count }, (_, i) => chunks[i] ?? empty));
  const states = await encodeChunks(encoder, filled.flat(), {
    ...(options.clipSkip === undefined ? {} : { clipSkip: options.clipSkip }),
    ...(vectors ? { extraVectors: vectors } : {}),
  });
  const width = encoder.model.hiddenSize;
  const encoded = floatTensor(states.data, [texts.length, count * promptLength, width]);
  const rows = new Map(texts.map((text, row) => [text, row]));
  const pick = (wanted: readonly string[]) =>
    pickRows(
      encoded,
      wanted.map((text) => rows.get(text) as number),
    );
  return {
    conditions: {
      states: pick(prompts),
      ...(negativePrompts ? { negativeStates: pick(negativePrompts) } : {}),
    },
    warnings: texts.flatMap((text, i) => cutWarnings(text, chunked[i]?.tokens ?? 0, chunked[i]?.cut ?? 0)),
  };
}

/** States [chunks, 77, hiddenSize], weighted. Equal chunks, of which most are empty, are encoded once. */
async function encodeChunks(
  encoder: TextEncoder,
  chunks: readonly PromptChunk[],
  options: Parameters<TextEncoder['encodeIds']>[1],
): Promise<FloatTensor> {
  const rows = new Map<string, number>();
  const distinct: PromptChunk[] = [];
  const rowOf = chunks.map((chunk) => {
    const key = chunk.ids.join();
    const row = rows.get(key) ?? distinct.push(chunk) - 1;
    rows.set(key, row);
    return row;
  });
  const ids = new Int32Array(distinct.length * promptLength);
  for (const [row, chunk] of distinct.entries()) ids.set(chunk.ids, row * promptLength);
  const states = pickRows(await encoder.encodeIds(ids, options), rowOf);
  const size = states.data.length / chunks.length;
  for (const [i, { weights }] of chunks.entries()) {
    emphasize(states.data.subarray(i * size, (i + 1) * size), weights);
  }
  return states;
}

function cutWarnings(text: string, tokens: number, cut: number): string[] {
  if (cut === 0) return [];
  const start = [...text].slice(0, 40).join('');
  return [
    `The prompt "${start}…" has ${tokens} tokens: the last ${cut} were cut, since one chunk has room for ${chunkLength}.`,
  ];
}

/** Throws ConfigError if the encoder's states are not as wide as what the U-Net of `model` reads. */
export function checkWidth(encoder: TextEncoder, model: string, crossAttentionDim: number): void {
  const { hiddenSize } = encoder.model;
  if (hiddenSize === crossAttentionDim) return;
  throw new ConfigError(
    `The text encoder ${encoder.name} gives states of width ${hiddenSize}, but the U-Net of ${model} has ` +
      `cross_attention_dim ${crossAttentionDim}.`,
    'Use a text encoder that was distilled for this model: `ksd distill` adds a projection where the widths differ.',
  );
}

function pickRows({ data, shape }: FloatTensor, rows: readonly number[]): FloatTensor {
  const [, ...rest] = shape;
  const size = rest.reduce((product, side) => product * side, 1);
  const picked = new Float32Array(rows.length * size);
  for (const [to, from] of rows.entries())
    picked.set(data.subarray(from * size, (from + 1) * size), to * size);
  return floatTensor(picked, [rows.length, ...rest]);
}
