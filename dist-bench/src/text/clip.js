/**
 * CLIP's tokenizer: byte-level byte-pair encoding of lower-cased text (Radford et al., "Learning Transferable Visual
 * Models From Natural Language Supervision", 2021). Gives the ids of the slow CLIPTokenizer of transformers 4.34
 * without ftfy, which Stable Diffusion v1 was published with.
 *
 * Knows no file: load.ts reads the vocabulary and the merges.
 */
import { assembleTokenizer } from "./assemble.js";
import { makeMergeRules, mergeSymbols } from "./bpe.js";
import { byteSymbols, textOfSymbols } from "./bytes.js";
import { cleanChunk } from "./clean.js";
import { requireId } from "./vocabulary.js";
/** Marks the last symbol of a word. */
export const endOfWord = '</w>';
const start = '<|startoftext|>';
const end = '<|endoftext|>';
/**
 * The words of a lower-cased text: a special token, an English contraction, letters, ONE digit, or anything else.
 * The reference matches without regard to case, which shows in two characters that lower-casing does not settle: the
 * long s counts in 's, and the combining iota U+0345, being both a mark and a case of a letter, is in no word.
 */
const words = /<\|startoftext\|>|<\|endoftext\|>|'[sſ]|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|(?:(?!\u0345)[^\s\p{L}\p{N}])+/gu;
/** Throws ConfigError when a special token is not in the vocabulary. */
export function makeClipTokenizer({ vocabulary, merges, special, maxLength, }) {
    const unknownId = requireId(vocabulary, special.unknown, 'unknown');
    const size = vocabulary.tokens.length;
    const symbols = symbolTable(vocabulary, merges);
    const utf8 = new TextEncoder();
    const encodeWord = (word) => {
        if (word === start || word === end)
            return [vocabulary.ids.get(word) ?? unknownId];
        const bytes = utf8.encode(word);
        const last = bytes.length - 1;
        const spelt = Array.from(bytes, (byte, i) => (i < last ? symbols.inner[byte] : symbols.final[byte]));
        return mergeSymbols(spelt, symbols.rules).map((id) => (id < size ? id : unknownId));
    };
    return assembleTokenizer({
        kind: 'clip',
        vocabulary,
        special,
        maxLength,
        encodeChunk(chunk) {
            const clean = cleanChunk(chunk, { tokenizeChineseChars: true, nfc: true }).toLowerCase();
            return (clean.match(words) ?? []).flatMap(encodeWord);
        },
        join: (tokens) => textOfSymbols(tokens.join('')).replaceAll(endOfWord, ' ').trim(),
    });
}
/**
 * Symbols are vocabulary ids. A byte or a merge that the vocabulary lacks gets a number above them: it still merges,
 * and is unknown only if it remains.
 */
function symbolTable({ ids, tokens }, merges) {
    const strangers = new Map();
    const symbolOf = (token) => {
        const known = ids.get(token) ?? strangers.get(token);
        if (known !== undefined)
            return known;
        const made = tokens.length + strangers.size;
        strangers.set(token, made);
        return made;
    };
    const rules = [];
    for (const [left, right] of merges)
        rules.push([symbolOf(left), symbolOf(right), symbolOf(left + right)]);
    return {
        inner: byteSymbols.map(symbolOf),
        final: byteSymbols.map((symbol) => symbolOf(symbol + endOfWord)),
        rules: makeMergeRules(rules),
    };
}
//# sourceMappingURL=clip.js.map