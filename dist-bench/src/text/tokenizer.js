/**
 * What a tokenizer is, and the padding and truncation that every text encoder of Stable Diffusion expects.
 *
 * Knows no algorithm and no file; the members of the family are made by clip.ts and wordpiece.ts.
 */
import { InputError } from "../errors.js";
/** Length of every prompt of Stable Diffusion v1, special tokens included. */
export const promptLength = 77;
/**
 * Cuts and pads ids on the right to exactly `length`, as Hugging Face's
 * `padding="max_length", truncation=True` does: start, the first `length - 2` tokens of the content, end, padding.
 * Throws InputError for a length that has no room for start and end.
 */
export function pad(tokenizer, encoding, length = promptLength) {
    if (!Number.isInteger(length) || length < 2) {
        throw new InputError(`A text cannot be padded to ${length} tokens.`, 'Use a whole number of at least 2, since every text has a start and an end token.');
    }
    const { ids } = encoding;
    const kept = Math.min(ids.length, length);
    const padded = new Int32Array(length).fill(tokenizer.padId);
    for (let i = 0; i < kept - 1; i++)
        padded[i] = ids[i];
    padded[kept - 1] = tokenizer.endId;
    return {
        ids: padded,
        attentionMask: new Int32Array(length).fill(1, 0, kept),
        length: kept,
        untruncatedLength: ids.length,
    };
}
/** `pad` of `tokenizer.encode(text)`. Throws InputError for a length below 2. */
export function encodePadded(tokenizer, text, length = promptLength) {
    return pad(tokenizer, tokenizer.encode(text), length);
}
/** Every text padded to `length`, one row each. Throws InputError for a length below 2. */
export function encodeBatch(tokenizer, texts, length = promptLength) {
    const rows = texts.map((text) => encodePadded(tokenizer, text, length));
    const ids = new Int32Array(rows.length * length);
    const attentionMask = new Int32Array(rows.length * length);
    for (const [row, encoded] of rows.entries()) {
        ids.set(encoded.ids, row * length);
        attentionMask.set(encoded.attentionMask, row * length);
    }
    return {
        shape: [rows.length, length],
        ids,
        attentionMask,
        lengths: rows.map((row) => row.length),
        untruncatedLengths: rows.map((row) => row.untruncatedLength),
    };
}
//# sourceMappingURL=tokenizer.js.map