/**
 * The tokenizers that a corpus is measured with, told apart by their files.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { openTokenizer } from '../encoders/tokenizerFolder.ts';
import type { Tokenizer } from '../text/tokenizer.ts';

/** Folders as a user names them. */
export interface TokenizerFolders {
  readonly teacher: string;
  readonly student?: string;
}

/** A tokenizer as plain data, which a worker can be given. */
export interface KnownTokenizer {
  readonly folder: string;
  /** Hash of its files. */
  readonly fingerprint: string;
}

/** By fingerprint, in this thread: a tokenizer takes time to open, and remembers words. */
const opened = new Map<string, Promise<Tokenizer>>();

/** Throws CheckpointError if the folder holds no tokenizer. */
export async function knowTokenizer(folder: string): Promise<KnownTokenizer> {
  const { files, tokenizer } = await openTokenizer(folder);
  const hash = createHash('sha256');
  for (const file of files) {
    hash
      .update(basename(file))
      .update('\n')
      .update(await readFile(file));
  }
  const fingerprint = hash.digest('hex').slice(0, 16);
  opened.set(fingerprint, Promise.resolve(tokenizer));
  return { folder, fingerprint };
}

/** The same one each time. */
export function tokenizerOf({ folder, fingerprint }: KnownTokenizer): Promise<Tokenizer> {
  const tokenizer = opened.get(fingerprint) ?? openTokenizer(folder).then((open) => open.tokenizer);
  opened.set(fingerprint, tokenizer);
  return tokenizer;
}
