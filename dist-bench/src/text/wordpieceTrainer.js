/**
 * Learns a WordPiece vocabulary from texts: characters first, then the pieces made by merging the most frequent pair
 * of neighbours again and again. The score is the pair's frequency, as in Sennrich et al. 2016 and in the trainer of
 * Hugging Face's `tokenizers` library (Schuster and Nakajima's original WordPiece, 2012, asks for the gain in
 * likelihood instead).
 *
 * Sees texts as words.ts cuts them, so that it learns from the words that the tokenizer will meet. Writes nothing:
 * wordpieceFiles.ts gives the files of a vocabulary.
 */
import { ConfigError } from "../errors.js";
import { specialSplitter } from "./assemble.js";
import { chunksOf } from "./clean.js";
import { makeHeap } from "./heap.js";
import { defaultMaxWordLength, defaultPrefix } from "./wordpiece.js";
import { defaultWordOptions, standsAlone, wordsOf } from "./words.js";
/** In the order of their ids in klue/roberta-small: [CLS] 0, [PAD] 1, [SEP] 2, [UNK] 3, [MASK] 4. */
export const klueSpecialTokens = ['[CLS]', '[PAD]', '[SEP]', '[UNK]', '[MASK]'];
/**
 * A vocabulary in order of ids: the special tokens; every character seen, each as the beginning and as the
 * continuation (`##`) of a word (characters that always stand alone, such as punctuation, only as the beginning), by
 * code point; then the learnt pieces, most frequent first. Equal frequencies: the pair whose left piece has the
 * smaller id, then whose right piece has. So the same texts, in any order, give the same vocabulary, and no word of
 * theirs (of at most 100 characters) is unknown to it.
 * Smaller than `size` when no pair of `minFrequency` is left.
 * Throws ConfigError when `size` has no room for the characters.
 */
export function trainWordPiece(texts, options) {
    const { size, minFrequency = 2, words = defaultWordOptions } = options;
    const counts = countWords(texts, words);
    const vocabulary = new Map();
    for (const token of [...klueSpecialTokens, ...alphabet(counts.keys(), words)]) {
        vocabulary.set(token, vocabulary.size);
    }
    if (!(size >= vocabulary.size)) {
        throw new ConfigError(`A vocabulary of ${size} has no room for the special tokens and characters of the texts, which are ${vocabulary.size}.`, `Ask for a size of at least ${vocabulary.size}, or leave out texts with rare characters.`);
    }
    growVocabulary(vocabulary, counts, size, minFrequency);
    return [...vocabulary.keys()];
}
/** How often each word occurs. Words that the tokenizer would not cut, being too long, are left out. */
function countWords(texts, options) {
    const chunks = new Map();
    const splitSpecial = specialSplitter(klueSpecialTokens);
    for (const text of texts) {
        for (const [i, part] of splitSpecial(text).entries()) {
            if (i % 2 === 1)
                continue;
            for (const chunk of chunksOf(part))
                chunks.set(chunk, (chunks.get(chunk) ?? 0) + 1);
        }
    }
    const counts = new Map();
    const special = new Set(klueSpecialTokens);
    for (const [chunk, count] of chunks) {
        for (const word of wordsOf(chunk, options, special)) {
            if (special.has(word) || Array.from(word).length > defaultMaxWordLength)
                continue;
            counts.set(word, (counts.get(word) ?? 0) + count);
        }
    }
    return counts;
}
function alphabet(words, options) {
    const seen = new Set();
    for (const word of words)
        for (const character of word)
            seen.add(character);
    const sorted = [...seen].sort((a, b) => a.codePointAt(0) - b.codePointAt(0));
    return sorted.flatMap((character) => standsAlone(character, options) ? [character] : [character, defaultPrefix + character]);
}
const isBetter = (a, b) => {
    if (a.count !== b.count)
        return a.count > b.count;
    if (a.pair.left !== b.pair.left)
        return a.pair.left < b.pair.left;
    return a.pair.right < b.pair.right;
};
/** Above any size of a vocabulary; squared, it still fits a double exactly. */
const idLimit = 2 ** 26;
/** `frequencies`: how often each word occurs. */
function makePairIndex(frequencies, minFrequency) {
    const pairs = new Map();
    const waiting = makeHeap(isBetter);
    const touched = new Set();
    return {
        count(word, pieces, sign) {
            for (let i = 0; i + 1 < pieces.length; i++) {
                const [left, right] = [pieces[i], pieces[i + 1]];
                const key = left * idLimit + right;
                const pair = pairs.get(key) ?? { left, right, count: 0, words: new Set() };
                pairs.set(key, pair);
                pair.count += sign * frequencies[word];
                pair.words.add(word);
                touched.add(pair);
            }
        },
        settle() {
            for (const pair of touched) {
                if (pair.count >= Math.max(minFrequency, 1))
                    waiting.push({ pair, count: pair.count });
            }
            touched.clear();
        },
        best() {
            for (;;) {
                const candidate = waiting.pop();
                // Every change of a count put a new candidate in, so one with another count is out of date.
                if (candidate === undefined || candidate.count === candidate.pair.count)
                    return candidate?.pair;
            }
        },
    };
}
/** Merges the best pair until the vocabulary is full or no pair is frequent enough. */
function growVocabulary(vocabulary, counts, size, minFrequency) {
    const tokens = [...vocabulary.keys()];
    const pieceOf = (character, i) => vocabulary.get(i === 0 ? character : defaultPrefix + character);
    const spelt = Array.from(counts.keys(), (word) => Array.from(word, pieceOf));
    const index = makePairIndex([...counts.values()], minFrequency);
    for (const [word, pieces] of spelt.entries())
        index.count(word, pieces, 1);
    while (vocabulary.size < size) {
        index.settle();
        const pair = index.best();
        if (pair === undefined)
            return;
        const token = `${tokens[pair.left]}${tokens[pair.right].slice(defaultPrefix.length)}`;
        // Two pairs may spell the same piece: it then keeps its id, and the vocabulary does not grow.
        const id = vocabulary.get(token) ?? vocabulary.size;
        vocabulary.set(token, id);
        tokens[id] = token;
        for (const word of pair.words) {
            const pieces = spelt[word];
            const merged = mergePair(pieces, pair, id);
            if (merged.length === pieces.length)
                continue;
            index.count(word, pieces, -1);
            index.count(word, merged, 1);
            spelt[word] = merged;
        }
        pair.words.clear();
    }
}
/** Each occurrence of the pair, from left to right, becomes `id`. */
function mergePair(pieces, { left, right }, id) {
    const merged = [];
    for (let i = 0; i < pieces.length; i++) {
        if (pieces[i] === left && pieces[i + 1] === right) {
            merged.push(id);
            i++;
        }
        else
            merged.push(pieces[i]);
    }
    return merged;
}
//# sourceMappingURL=wordpieceTrainer.js.map