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

/** A chunk that is one word whatever the options, but for its case. */
const plainWord = /^[a-zA-Z0-9가-힣]+$/;

/**
 * Words of a chunk of raw text; every punctuation mark and every ideograph is a word of its own.
 * `whole`: words that are left as they are, case and punctuation included.
 */
export function wordsOf(chunk: string, options: WordOptions, whole: ReadonlySet<string>): string[] {
  if (plainWord.test(chunk) && !options.doLowerCase) return [chunk];
  const words: string[] = [];
  const cased = options.doLowerCase ? lowerEach(chunk) : chunk;
  for (const word of cleanChunk(cased, options).split(' ')) {
    if (word === '') continue;
    if (whole.has(word)) words.push(word);
    else for (const part of unaccent(word, options).match(punctuated) ?? []) words.push(part);
  }
  return words;
}

/** Is the character a word wherever it stands, so that no word continues with it? */
export function standsAlone(character: string, options: WordOptions): boolean {
  return wordsOf(`a${character}`, options, new Set()).length > 1;
}

/** The reference lowers one character at a time, so that a final sigma stays an ordinary one. */
function lowerEach(text: string): string {
  return Array.from(text, (character) => character.toLowerCase()).join('');
}

function unaccent(word: string, { doLowerCase, stripAccents }: WordOptions): string {
  return (stripAccents ?? doLowerCase) ? word.normalize('NFD').replace(/\p{Mn}/gu, '') : word;
}
