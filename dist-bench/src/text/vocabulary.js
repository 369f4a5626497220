/**
 * The two-way table between token strings and ids.
 *
 * Knows no file and no algorithm.
 */
import { ConfigError } from "../errors.js";
/** A table from (token, id) pairs; where a token comes twice the later id counts, as in a Python dict. */
export function makeVocabulary(entries) {
    const ids = new Map(entries);
    let size = 0;
    for (const id of ids.values())
        size = Math.max(size, id + 1);
    const tokens = new Array(size).fill(undefined);
    for (const [token, id] of ids)
        tokens[id] = token;
    return { ids, tokens };
}
/** Id of a token that must be there. Throws ConfigError naming it otherwise. */
export function requireId(vocabulary, token, role) {
    const id = vocabulary.ids.get(token);
    if (id === undefined) {
        throw new ConfigError(`The vocabulary has no ${JSON.stringify(token)}, which is its ${role} token.`, 'Check that the vocabulary and the special tokens come from the same tokenizer.');
    }
    return id;
}
//# sourceMappingURL=vocabulary.js.map