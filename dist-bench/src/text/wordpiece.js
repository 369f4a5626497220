/**
 * BERT's tokenizer, which klue/roberta-small uses: words cut greedily into the longest pieces of the vocabulary.
 * Gives the ids of the slow BertTokenizer of transformers 4.34. With `nfc: false` it treats decomposed characters as
 * the fast one does, which does not compose them (decomposed Hangul then becomes unknown).
 *
 * Knows no file: load.ts reads the vocabulary.
 */
import { assembleTokenizer } from "./assemble.js";
import { requireId } from "./vocabulary.js";
import { wordsOf } from "./words.js";
export const defaultPrefix = '##';
export const defaultMaxWordLength = 100;
/** Throws ConfigError when a special token is not in the vocabulary. */
export function makeWordPieceTokenizer(options) {
    const { vocabulary, special, prefix } = options;
    const unknownId = requireId(vocabulary, special.unknown, 'unknown');
    const whole = new Set([special.start, special.end, special.pad, special.unknown, ...special.others]);
    const pieces = pieceTable(vocabulary, prefix);
    return assembleTokenizer({
        kind: 'wordpiece',
        vocabulary,
        special,
        maxLength: options.maxLength,
        encodeChunk(chunk) {
            return wordsOf(chunk, options, whole).flatMap((word) => isLonger(word, options.maxWordLength) ? [unknownId] : (cutWord(word, pieces) ?? [unknownId]));
        },
        join: (tokens) => tokens.join(' ').replaceAll(` ${prefix}`, '').trim(),
    });
}
function pieceTable({ ids }, prefix) {
    const later = new Map();
    let longest = 0;
    for (const [token, id] of ids) {
        longest = Math.max(longest, token.length);
        if (token.startsWith(prefix))
            later.set(token.slice(prefix.length), id);
    }
    return { first: ids, later, longest };
}
/** Ids of the longest pieces from left to right; undefined when some stretch is no piece. */
function cutWord(word, { first, later, longest }) {
    const ids = [];
    for (let from = 0; from < word.length;) {
        const table = from === 0 ? first : later;
        let to = Math.min(word.length, from + longest);
        let id = table.get(word.slice(from, to));
        while (id === undefined && --to > from)
            id = table.get(word.slice(from, to));
        if (id === undefined)
            return undefined;
        ids.push(id);
        from = to;
    }
    return ids;
}
/** More than `limit` characters (code points)? */
function isLonger(word, limit) {
    return word.length > limit && Array.from(word).length > limit;
}
//# sourceMappingURL=wordpiece.js.map