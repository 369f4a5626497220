/**
 * The tokenizer classes of transformers, and which kind of ours each is.
 */
import type { Tokenizer } from './tokenizer.ts';
import { sentencePieceFile } from './unigramFiles.ts';

export type Kind = Tokenizer['kind'];

/** Tokenizer classes of transformers by the kind that they are. */
export const kinds: Readonly<Record<string, Kind>> = {
  CLIPTokenizer: 'clip',
  BertTokenizer: 'wordpiece',
  DistilBertTokenizer: 'wordpiece',
  ElectraTokenizer: 'wordpiece',
  RobertaTokenizer: 'bytes',
  XLMRobertaTokenizer: 'unigram',
};

/**
 * The class of transformers for a tokenizer of this kind whose files are called `names`: `given` (that of its
 * configuration) where it is of the kind, slow or Fast by the files that are there.
 */
export function tokenizerClass(kind: Kind, names: readonly string[], given?: unknown): string {
  const { usual, slow } = classOf[kind];
  const bare = typeof given === 'string' ? given.replace(/Fast$/, '') : usual;
  const name = Object.hasOwn(kinds, bare) && kinds[bare] === kind ? bare : usual;
  return slow.every((file) => names.includes(file)) ? name : `${name}Fast`;
}

/** By kind: the class that it is known by, and the files that its slow form reads. */
const classOf: Readonly<Record<Kind, { readonly usual: string; readonly slow: readonly string[] }>> = {
  clip: { usual: 'CLIPTokenizer', slow: ['vocab.json', 'merges.txt'] },
  wordpiece: { usual: 'BertTokenizer', slow: ['vocab.txt'] },
  bytes: { usual: 'RobertaTokenizer', slow: ['vocab.json', 'merges.txt'] },
  unigram: { usual: 'XLMRobertaTokenizer', slow: [sentencePieceFile] },
};
