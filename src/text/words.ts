/**
 * BERT's words: what BasicTokenizer makes of a text before WordPiece cuts the words into pieces. Devlin et al.,
 * "BERT: Pre-training of Deep Bidirectional Transformers", 2019; facts from the slow BertTokenizer of
 * transformers 4.34.
 *
 * Shared by the tokenizer and the trainer of vocabularies, which must see the same words. Knows no vocabulary.
 */
import { type CleanOptions, cleanChunk } from './clean.ts';

export interface WordOptions extends CleanOptions {
  readonly doLowerCase: boolean;
  /** null: as doLowerCase. */
  readonly stripAccents: boolean | null;
}

/** klue's settings: case and accents are kept. */
export const defaultWordOptions: WordOptions = {
  doLowerCase: false,
  stripAccents: null,
  tokenizeChineseChars: true,
  nfc: true,
};

/** ASCII signs that Unicode calls symbols count as punctuation too, such as $ and +. */
const punctuated = /[!-/:-@[-`{-~\p{P}]|[^!-/:-@[-`{-~\p{P}]+/gu;

/**
 * Words of a chunk of raw text; every punctuation mark and every ideograph is a word of its own.
 * `whole`: words that are left as they are, case and punctuation included.
 */
export function wordsOf(chunk: string, options: WordOptions, whole: ReadonlySet<string>): string[] {
  const words: string[] = [];
  for (const word of cleanChunk(chunk, options).split(' ')) {
    if (word === '') continue;
    if (whole.has(word)) words.push(word);
    else for (const part of fold(word, options).match(punctuated) ?? []) words.push(part);
  }
  return words;
}

/** Is the character a word wherever it stands, so that no word continues with it? */
export function standsAlone(character: string, options: WordOptions): boolean {
  return wordsOf(`a${character}`, options, new Set()).length > 1;
}

function fold(word: string, { doLowerCase, stripAccents }: WordOptions): string {
  // The reference lowers one character at a time, so that a final sigma stays an ordinary one.
  const cased = doLowerCase ? Array.from(word, (character) => character.toLowerCase()).join('') : word;
  return (stripAccents ?? doLowerCase) ? cased.normalize('NFD').replace(/\p{Mn}/gu, '') : cased;
}
