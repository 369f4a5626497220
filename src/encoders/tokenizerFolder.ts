/**
 * Reads a tokenizer from a folder in Hugging Face layout.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CheckpointError } from '../errors.ts';
import { tokenizerFileNames, tokenizerFromFiles } from '../text/load.ts';
import type { Tokenizer } from '../text/tokenizer.ts';

export interface TokenizerFolder {
  readonly folder: string;
  readonly tokenizer: Tokenizer;
  /** Paths of the files that make it up, to be copied beside a student. */
  readonly files: readonly string[];
}

/** Throws CheckpointError if the folder holds no tokenizer, ConfigError if its files do not fit together. */
export async function openTokenizer(folder: string): Promise<TokenizerFolder> {
  const contents: Record<string, string> = {};
  for (const name of tokenizerFileNames) {
    // A SentencePiece model is no text: a character for each byte.
    const encoding = name.endsWith('.model') ? 'latin1' : 'utf8';
    const content = await readFile(join(folder, name), encoding).catch(() => undefined);
    if (content !== undefined) contents[name] = content;
  }
  const names = Object.keys(contents);
  if (names.length === 0) {
    throw new CheckpointError(
      `${folder} holds no tokenizer.`,
      `Give a folder with ${tokenizerFileNames.join(', ')} or some of them.`,
    );
  }
  return { folder, tokenizer: tokenizerFromFiles(contents), files: names.map((name) => join(folder, name)) };
}
