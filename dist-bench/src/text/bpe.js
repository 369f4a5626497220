/**
 * Byte-pair encoding: merging the symbols of one word by ranked rules (Sennrich, Haddow, Birch, "Neural Machine
 * Translation of Rare Words with Subword Units", 2016).
 *
 * Symbols are numbers here. Knows neither bytes nor text.
 */
import { makeHeap } from "./heap.js";
/** Above any number of symbols or of positions in a word; two of them still fit a double exactly. */
const shift = 2 ** 26;
/** Rules from [left, right, product] triples in order of rank; where a pair comes twice the later rank counts. */
export function makeMergeRules(rules) {
    const ranks = new Map();
    const products = [];
    for (const [left, right, product] of rules) {
        ranks.set(left * shift + right, products.length);
        products.push(product);
    }
    return {
        rankOf: (left, right) => ranks.get(left * shift + right),
        productOf: (rank) => products[rank],
    };
}
/**
 * Applies the rule of lowest rank to all its pairs from left to right, again and again, until no rule applies.
 * O(n log n): the pairs wait in a heap, the symbols are a linked list.
 */
export function mergeSymbols(word, rules) {
    const symbols = [...word];
    const count = symbols.length;
    const next = Array.from({ length: count }, (_, i) => i + 1);
    const previous = Array.from({ length: count }, (_, i) => i - 1);
    const merged = new Uint8Array(count);
    // A pair waits as rank * shift + position of its left symbol, so that smaller means earlier.
    const waiting = makeHeap((a, b) => a < b);
    const rankAt = (left) => {
        const right = next[left];
        if (left < 0 || right >= count || merged[left] === 1)
            return undefined;
        return rules.rankOf(symbols[left], symbols[right]);
    };
    const enqueue = (left) => {
        const rank = rankAt(left);
        if (rank !== undefined)
            waiting.push(rank * shift + left);
    };
    const merge = (left, rank) => {
        const right = next[left];
        const after = next[right];
        symbols[left] = rules.productOf(rank);
        merged[right] = 1;
        next[left] = after;
        if (after < count)
            previous[after] = left;
        enqueue(previous[left]);
        enqueue(left);
    };
    for (let left = 0; left < count - 1; left++)
        enqueue(left);
    while (waiting.size > 0) {
        // The whole round of a rank comes out first: a pair that a merge makes must wait, however low its rank.
        const rank = Math.floor(waiting.peek() / shift);
        const round = [];
        while (waiting.size > 0 && waiting.peek() < (rank + 1) * shift) {
            round.push(waiting.pop() - rank * shift);
        }
        for (const left of round)
            if (rankAt(left) === rank)
                merge(left, rank);
    }
    return symbols.filter((_, i) => merged[i] === 0);
}
//# sourceMappingURL=bpe.js.map