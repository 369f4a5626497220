/**
 * The vocabulary, scores and normalisation of a Unigram tokenizer, from a SentencePiece model or from tokenizer.json.
 *
 * Knows no algorithm and no file system.
 */
import { ConfigError } from '../errors.ts';
import { readCharsmap } from './charsmap.ts';
import { bundleNormalizers, readBundle, type TokenizerBundle, type TokenizerFiles } from './files.ts';
import { normalPiece, readSentencePieceModel } from './sentencePieceModel.ts';

/** What XLM-RoBERTa's SentencePiece model is called. */
export const sentencePieceFile = 'sentencepiece.bpe.model';

export interface UnigramSource {
  readonly from: string;
  readonly entries: [string, number][];
  readonly added: [string, number][];
  /** Pieces that a text may spell, with their log-probabilities. */
  readonly scores: [string, number][];
  readonly normalize: (text: string) => string;
}

/** Throws ConfigError naming the file if there is none, or for what we do not follow. */
export function unigramSource(files: TokenizerFiles): UnigramSource {
  const model = files[sentencePieceFile];
  if (model !== undefined) return ofModel(model, sentencePieceFile);
  if ('tokenizer.json' in files) return ofBundle(readBundle(files));
  throw new ConfigError(
    `The tokenizer folder has neither ${sentencePieceFile} nor tokenizer.json.`,
    'Fetch the tokenizer folder again, or point to another.',
  );
}

/** What XLM-RoBERTa's ids begin with, in fairseq's order; SentencePiece's own first three are left out. */
const fairseqFirst = ['<s>', '<pad>', '</s>', '<unk>'];
const ownFirst = 3;

function ofModel(content: string, name: string): UnigramSource {
  const { pieces, modelType, charsmap } = readSentencePieceModel(bytesOf(content), name);
  if (modelType !== normalPiece) throw unsupported(name, 'is no Unigram model');
  const odd = pieces.slice(ownFirst).find(({ type }) => type !== normalPiece);
  if (odd) throw unsupported(name, `has the piece ${JSON.stringify(odd.text)} of type ${odd.type}`);
  const kept = pieces.slice(ownFirst);
  const tokens = [...fairseqFirst, ...kept.map(({ text }) => text), '<mask>'];
  return {
    from: name,
    entries: tokens.map((token, id) => [token, id]),
    added: [],
    scores: kept.map(({ text, score }) => [text, score]),
    normalize: charsmap.length === 0 ? (text) => text : readCharsmap(charsmap),
  };
}

/** A text with a character for each byte, as the bytes. */
function bytesOf(binary: string): Uint8Array {
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function ofBundle(bundle: TokenizerBundle): UnigramSource {
  const { model, added_tokens, pre_tokenizer: cutter } = bundle;
  const name = 'tokenizer.json';
  if (!Array.isArray(model.vocab))
    throw unsupported(name, 'has no list of pieces with their log-probabilities');
  if (model.byte_fallback === true)
    throw unsupported(name, 'spells unknown characters in bytes (byte_fallback)');
  if (!JSON.stringify(cutter ?? null).includes('"Metaspace"')) {
    throw unsupported(name, `cuts words by ${JSON.stringify(cutter?.type ?? null)}, not by Metaspace`);
  }
  return {
    from: name,
    entries: model.vocab.map(([token], id) => [token, id]),
    added: (added_tokens ?? []).map(({ content, id }) => [content, id]),
    scores: [...model.vocab],
    normalize: bundleNormalize(bundle),
  };
}

/** Runs of spaces and spaces at the ends, which some normalisers remove, change nothing: words are cut at spaces. */
const ofSpaces = ['Replace', 'Strip'];

function bundleNormalize(bundle: TokenizerBundle): (text: string) => string {
  const steps = bundleNormalizers(bundle).flatMap(({ type, precompiled_charsmap: map }) => {
    if (type === 'Precompiled' && typeof map === 'string') return [readCharsmap(bytesOf(atob(map)))];
    if (type === 'NFC' || type === 'NFKC') return [(text: string) => text.normalize(type)];
    if (ofSpaces.includes(type)) return [];
    throw unsupported('tokenizer.json', `normalises by ${type}`);
  });
  return (text) => steps.reduce((changed, step) => step(changed), text);
}

function unsupported(name: string, what: string): ConfigError {
  return new ConfigError(
    `${name} ${what}, which this project does not follow.`,
    "Use XLM-RoBERTa's tokenizer.",
  );
}
