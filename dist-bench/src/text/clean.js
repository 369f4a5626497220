/**
 * Cleaning of raw text as BERT's BasicTokenizer does it; the slow CLIPTokenizer borrows it. Facts from the classes
 * BasicTokenizer and CLIPTokenizer of transformers 4.34 (slow, without ftfy).
 *
 * Works on chunks: stretches of raw text between white space. No rule here looks past white space, so a chunk can be
 * cleaned, and its result remembered, on its own. Knows no vocabulary.
 */
/**
 * What separates chunks: tab, line feed, carriage return, category Zs, and the line and paragraph separators.
 * Vertical tab, form feed and U+0085 are control characters to BERT: dropped, not separating.
 */
const whiteSpace = /[\t\n\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;
const printableAscii = /^[!-~]*$/;
/** Control, format, private, unassigned and lone surrogate characters, and the replacement character. */
const dropped = /[\p{C}\ufffd]/gu;
/** CJK ideographs, the blocks that BERT lists: not Hangul, not kana. */
const ideographs = /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2a6df}\u{2a700}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;
export function chunksOf(text) {
    return text.split(whiteSpace).filter((chunk) => chunk !== '');
}
/** A chunk without what BERT drops. Holds spaces only around ideographs. */
export function cleanChunk(chunk, { tokenizeChineseChars, nfc }) {
    if (printableAscii.test(chunk))
        return chunk;
    const kept = chunk.replace(dropped, '');
    const spaced = tokenizeChineseChars ? kept.replace(ideographs, ' $& ') : kept;
    return nfc ? spaced.normalize('NFC') : spaced;
}
//# sourceMappingURL=clean.js.map