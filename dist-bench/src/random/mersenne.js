/**
 * The Mersenne Twister MT19937, the engine behind PyTorch's CPU generator.
 *
 * Makes 32-bit words; knows nothing of distributions or of PyTorch.
 *
 * Paper: Matsumoto and Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed uniform pseudo-random
 * number generator", ACM TOMACS 8 (1998).
 */
const size = 624;
const middle = 397;
/** State after seeding with the low 32 bits of `seed` (the paper's 2002 initialiser). */
export function seededState(seed) {
    const words = new Uint32Array(size);
    words[0] = seed;
    for (let i = 1; i < size; i++) {
        const last = words[i - 1];
        words[i] = Math.imul(1812433253, last ^ (last >>> 30)) + i;
    }
    return { words, used: size };
}
/** An engine that goes on from `start`, which is copied. */
export function mersenne(start) {
    const words = start.words.slice();
    let used = start.used;
    return {
        next() {
            if (used === size) {
                twist(words);
                used = 0;
            }
            return temper(words[used++]);
        },
        state: () => ({ words: words.slice(), used }),
    };
}
/** Replaces all 624 words by the next generation. */
function twist(words) {
    for (let i = 0; i < size; i++) {
        const joined = (words[i] & 0x80000000) | (words[(i + 1) % size] & 0x7fffffff);
        const shifted = (joined >>> 1) ^ (joined & 1 ? 0x9908b0df : 0);
        words[i] = words[(i + middle) % size] ^ shifted;
    }
}
function temper(word) {
    let y = word;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
}
//# sourceMappingURL=mersenne.js.map