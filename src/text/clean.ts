/**
 * Cleaning of raw text as BERT's BasicTokenizer does it; the slow CLIPTokenizer borrows it. Facts from the classes
 * BasicTokenizer and CLIPTokenizer of transformers 4.34 (slow, without ftfy).
 *
 * Works on chunks: stretches of raw text between white space. No rule here looks past white space, so a chunk can be
 * cleaned, and its result remembered, on its own. Knows no vocabulary.
 */

/** Printable ASCII and Hangul syllables: nothing in them is dropped, spaced or composed. */
const plain = /^[!-~가-힣]*$/;

/** Control, format, private, unassigned and lone surrogate characters, and the replacement character. */
const dropped = /[\p{C}\ufffd]/gu;

/** CJK ideographs, the blocks that BERT lists: not Hangul, not kana. */
const ideographs =
  /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2a6df}\u{2a700}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;

/** The stretches of a text between white space. */
export function chunksOf(text: string): string[] {
  const chunks: string[] = [];
  let begin = 0;
  for (let i = 0; i < text.length; i++) {
    if (!isWhiteSpace(text.charCodeAt(i))) continue;
    if (i > begin) chunks.push(text.slice(begin, i));
    begin = i + 1;
  }
  if (begin < text.length) chunks.push(text.slice(begin));
  return chunks;
}

/**
 * Tab, line feed, carriage return, category Zs, and the line and paragraph separators. Vertical tab, form feed and
 * U+0085 are control characters to BERT: dropped, not separating.
 */
function isWhiteSpace(code: number): boolean {
  if (code < 0xa0) return code === 0x20 || code === 0x0a || code === 0x09 || code === 0x0d;
  if (code > 0x3000 || code < 0x2000) return code === 0xa0 || code === 0x1680;
  return (
    code <= 0x200a ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}

export interface CleanOptions {
  /** Put spaces around CJK ideographs, so that each becomes a word. */
  readonly tokenizeChineseChars: boolean;
  /** Compose characters (NFC), which decomposed Hangul needs. */
  readonly nfc: boolean;
}

/** A chunk without what BERT drops. Holds spaces only around ideographs. */
export function cleanChunk(chunk: string, { tokenizeChineseChars, nfc }: CleanOptions): string {
  if (plain.test(chunk)) return chunk;
  const kept = chunk.replace(dropped, '');
  const spaced = tokenizeChineseChars ? kept.replace(ideographs, ' $& ') : kept;
  return nfc ? spaced.normalize('NFC') : spaced;
}
