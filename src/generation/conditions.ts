/**
 * From prompts to the states that condition a picture, by whichever text encoder: prompt and negative prompt go
 * through the same one.
 */
import type { TextEncoder } from '../encoders/textEncoder.ts';
import { ConfigError } from '../errors.ts';
import { type FloatTensor, floatTensor } from '../runtime/tensor.ts';
import { encodePadded, promptLength } from '../text/tokenizer.ts';
import type { Conditions } from './guidance.ts';

/**
 * States [prompts, 77, hiddenSize] of the prompts, and of the negative prompts if there are any. Every text is
 * encoded once, however many pictures share it.
 */
export async function encodePrompts(
  encoder: TextEncoder,
  prompts: readonly string[],
  negativePrompts?: readonly string[],
): Promise<Conditions> {
  const texts = [...new Set([...prompts, ...(negativePrompts ?? [])])];
  const rows = new Map(texts.map((text, row) => [text, row]));
  const encoded = await encoder.encode(texts);
  const pick = (wanted: readonly string[]) =>
    pickRows(
      encoded,
      wanted.map((text) => rows.get(text) as number),
    );
  return {
    states: pick(prompts),
    ...(negativePrompts ? { negativeStates: pick(negativePrompts) } : {}),
  };
}

/** A sentence for each different text that is longer than the encoder reads. */
export function cutWarnings({ tokenizer }: TextEncoder, texts: readonly string[]): string[] {
  return [...new Set(texts)].flatMap((text) => {
    const { length, untruncatedLength } = encodePadded(tokenizer, text, promptLength);
    if (untruncatedLength === length) return [];
    const start = [...text].slice(0, 40).join('');
    return [
      `The prompt "${start}…" has ${untruncatedLength} tokens, start and end included: the last ` +
        `${untruncatedLength - length} were cut, since the model reads ${promptLength}.`,
    ];
  });
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
