/**
 * What both tokenizers share around their algorithm: special tokens spelt in a text, chunks between white space, the
 * memory of chunks already seen, start and end.
 *
 * Knows no algorithm: `encodeChunk` is one.
 */
import { chunksOf } from "./clean.js";
import { requireId } from "./vocabulary.js";
/** Chunks that are remembered, and the longest that is worth it: some 30 MB at most. */
const memorySize = 1 << 17;
const memorableLength = 64;
/** Throws ConfigError when a special token is not in the vocabulary. */
export function assembleTokenizer(parts) {
    const { vocabulary, special } = parts;
    const startId = requireId(vocabulary, special.start, 'start');
    const endId = requireId(vocabulary, special.end, 'end');
    const padId = requireId(vocabulary, special.pad, 'padding');
    const unknownId = requireId(vocabulary, special.unknown, 'unknown');
    const names = [special.start, special.end, special.pad, special.unknown, ...special.others];
    const splitSpecial = specialSplitter(names);
    const specialIds = new Set(names.map((name) => vocabulary.ids.get(name)));
    const encodeChunk = remembered(parts.encodeChunk);
    const contentIds = (text, ids) => {
        for (const [i, part] of splitSpecial(text).entries()) {
            if (i % 2 === 1) {
                ids.push(vocabulary.ids.get(part) ?? unknownId);
                continue;
            }
            // A loop, not a spread: one chunk may hold more tokens than a call takes arguments.
            for (const chunk of chunksOf(part))
                for (const id of encodeChunk(chunk))
                    ids.push(id);
        }
        return ids;
    };
    return {
        kind: parts.kind,
        vocabSize: vocabulary.tokens.length,
        maxLength: parts.maxLength,
        startId,
        endId,
        padId,
        unknownId,
        encode(text) {
            const ids = contentIds(text, [startId]);
            ids.push(endId);
            return { ids };
        },
        tokens: (text) => contentIds(text, []).map((id) => vocabulary.tokens[id]),
        decode(ids) {
            const tokens = [];
            for (const id of ids) {
                const token = vocabulary.tokens[id];
                if (token !== undefined && !specialIds.has(id))
                    tokens.push(token);
            }
            return parts.join(tokens);
        },
    };
}
/**
 * Splits a text at the special tokens that it spells (the leftmost, then the longest, letter case included): even
 * entries are ordinary text, odd ones special tokens.
 */
export function specialSplitter(names) {
    const escaped = [...new Set(names)]
        .filter((name) => name !== '')
        .sort((a, b) => b.length - a.length)
        .map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
    if (escaped.length === 0)
        return (text) => [text];
    const pattern = new RegExp(`(${escaped.join('|')})`);
    return (text) => text.split(pattern);
}
/** Words repeat: most of a corpus is answered from memory. When the memory is full it starts afresh. */
function remembered(encode) {
    const memory = new Map();
    return (chunk) => {
        if (chunk.length > memorableLength)
            return encode(chunk);
        const known = memory.get(chunk);
        if (known !== undefined)
            return known;
        const ids = encode(chunk);
        if (memory.size >= memorySize)
            memory.clear();
        memory.set(chunk, ids);
        return ids;
    };
}
//# sourceMappingURL=assemble.js.map