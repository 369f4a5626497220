/**
 * Prompts of any length for encoders that read 77 tokens: chunks of 75, each with a start, an end and padding of its own, as
 * AUTOMATIC1111's web UI cuts them.
 *
 * Knows no encoder.
 */
import { parsePrompt } from './promptSyntax.ts';
import { type ExtraWord, type PromptToken, promptTokens } from './promptTokens.ts';
import { promptLength, type Tokenizer } from './tokenizer.ts';

/** `weights`: brackets and BREAK mean something (promptSyntax.ts). `plain`: a prompt is text and nothing else. */
export type PromptSyntax = 'weights' | 'plain';

/** What becomes of a prompt of more than 75 tokens: more chunks, or nothing but its first 75 tokens. */
export type LongPrompts = 'chunk' | 'cut';

export interface PromptChunk {
  /** [77] */
  readonly ids: Int32Array;
  /** [77], 1 for start, end and padding. */
  readonly weights: Float32Array;
}

export interface ChunkedPrompt {
  /** At least one. */
  readonly chunks: readonly PromptChunk[];
  /** Tokens of the whole prompt, without any start and end. */
  readonly tokens: number;
  /** Those of them that are in no chunk. */
  readonly cut: number;
}

export interface ChunkOptions {
  readonly promptSyntax?: PromptSyntax;
  readonly longPrompts?: LongPrompts;
  readonly extraWords?: readonly ExtraWord[];
}

/** Tokens of a chunk, without its start and end. */
export const chunkLength = promptLength - 2;

/** A chunk may end so many tokens early, after a comma, rather than inside a phrase. */
const commaReach = 20;

/** The chunks of a prompt; `weights` and `chunk` unless the options say otherwise. */
export function chunkPrompt(
  tokenizer: Tokenizer,
  prompt: string,
  { promptSyntax = 'weights', longPrompts = 'chunk', extraWords = [] }: ChunkOptions = {},
): ChunkedPrompt {
  const parts = promptSyntax === 'plain' ? [[{ text: prompt, weight: 1 }]] : parsePrompt(prompt);
  const tokens = parts.map((pieces) => promptTokens(tokenizer, pieces, extraWords));
  const cut = longPrompts === 'cut';
  const rows = cut ? [firstTokens(tokens.flat())] : splitIntoChunks(tokens, commaOf(tokenizer));
  const all = tokens.reduce((sum, part) => sum + countIds(part), 0);
  const kept = rows.reduce((sum, row) => sum + countIds(row), 0);
  return { chunks: rows.map((row) => padChunk(tokenizer, row)), tokens: all, cut: all - kept };
}

/** A chunk without any text, which fills up the shorter of two prompts. */
export function emptyChunk(tokenizer: Tokenizer): PromptChunk {
  return padChunk(tokenizer, []);
}

function firstTokens(tokens: readonly PromptToken[]): PromptToken[] {
  const row: PromptToken[] = [];
  let length = 0;
  for (const token of tokens) {
    length += token.ids.length;
    if (length > chunkLength) break;
    row.push(token);
  }
  return row;
}

/** Every part begins a chunk; a full chunk gives what stands after its last comma to the next one, if that is near its end. */
function splitIntoChunks(
  parts: readonly (readonly PromptToken[])[],
  comma: number | undefined,
): PromptToken[][] {
  const rows: PromptToken[][] = [];
  for (const [i, part] of parts.entries()) {
    let row: PromptToken[] = [];
    for (const token of part) {
      if (countIds(row) === chunkLength && !isComma(token, comma)) {
        const rest = afterLastComma(row, comma);
        rows.push(row.slice(0, row.length - rest.length));
        row = rest;
      }
      if (countIds(row) + token.ids.length > chunkLength) {
        rows.push(row);
        row = [];
      }
      row.push(token);
    }
    // A BREAK at the very end begins nothing.
    if (row.length > 0 || i < parts.length - 1 || rows.length === 0) rows.push(row);
  }
  return rows;
}

/** The tokens after the last comma of a full chunk; none if it is too far from the end, or if it is the end. */
function afterLastComma(row: readonly PromptToken[], comma: number | undefined): PromptToken[] {
  const at = row.findLastIndex((token) => isComma(token, comma));
  const rest = row.slice(at + 1);
  return at < 0 || countIds(rest) >= commaReach ? [] : rest;
}

function isComma({ ids }: PromptToken, comma: number | undefined): boolean {
  return ids.length === 1 && ids[0] === comma;
}

/** Id of a comma, where the tokenizer has one for it. */
function commaOf(tokenizer: Tokenizer): number | undefined {
  const ids = tokenizer.encode(',').ids.slice(1, -1);
  return ids.length === 1 && ids[0] !== tokenizer.unknownId ? ids[0] : undefined;
}

function countIds(tokens: readonly PromptToken[]): number {
  return tokens.reduce((sum, { ids }) => sum + ids.length, 0);
}

function padChunk({ startId, endId, padId }: Tokenizer, tokens: readonly PromptToken[]): PromptChunk {
  const ids = new Int32Array(promptLength).fill(padId);
  const weights = new Float32Array(promptLength).fill(1);
  let at = 0;
  ids[at++] = startId;
  for (const token of tokens) {
    for (const id of token.ids) {
      weights[at] = token.weight;
      ids[at++] = id;
    }
  }
  ids[at] = endId;
  return { ids, weights };
}
