/**
 * BERT's words: what BasicTokenizer makes of a text before WordPiece cuts the words into pieces. Devlin et al.,
 * "BERT: Pre-training of Deep Bidirectional Transformers", 2019; facts from the slow BertTokenizer of
 * transformers 4.34.
 *
 * Shared by the tokenizer and the trainer of vocabularies, which must see the same words. Knows no vocabulary.
 */
import { cleanChunk } from "./clean.js";
/** klue's settings: case and accents are kept. */
export const defaultWordOptions = {
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
export function wordsOf(chunk, options, whole) {
    const words = [];
    const cased = options.doLowerCase ? lowerEach(chunk) : chunk;
    for (const word of cleanChunk(cased, options).split(' ')) {
        if (word === '')
            continue;
        if (whole.has(word))
            words.push(word);
        else
            for (const part of unaccent(word, options).match(punctuated) ?? [])
                words.push(part);
    }
    return words;
}
/** Is the character a word wherever it stands, so that no word continues with it? */
export function standsAlone(character, options) {
    return wordsOf(`a${character}`, options, new Set()).length > 1;
}
/** The reference lowers one character at a time, so that a final sigma stays an ordinary one. */
function lowerEach(text) {
    return Array.from(text, (character) => character.toLowerCase()).join('');
}
function unaccent(word, { doLowerCase, stripAccents }) {
    return (stripAccents ?? doLowerCase) ? word.normalize('NFD').replace(/\p{Mn}/gu, '') : word;
}
//# sourceMappingURL=words.js.map