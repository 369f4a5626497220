/**
 * float16 (IEEE 754 binary16) and bfloat16 to float32 and back, bit by bit.
 *
 * Knows no tensor and no file. Widening is exact. Narrowing rounds to nearest, ties to even; not-a-numbers keep
 * the part of their payload that fits, so narrowing undoes widening for all 65536 patterns.
 */
const magnitude = 0x7fffffff;
const infinity = 0x7f800000;
/** Bits of the float32 that equals the float16 `half`. */
function widenHalfBits(half) {
    const sign = (half & 0x8000) << 16;
    const exponent = (half >>> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0x1f)
        return (sign | infinity | (fraction << 13)) >>> 0;
    if (exponent > 0)
        return (sign | ((exponent + 112) << 23) | (fraction << 13)) >>> 0;
    if (fraction === 0)
        return sign >>> 0;
    // Subnormal, fraction * 2^-24: shift its leading one up to the place of the implicit one.
    const shift = Math.clz32(fraction) - 21;
    return (sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13)) >>> 0;
}
/** Bits of the float16 nearest to the float32 of pattern `bits`. */
function narrowHalfBits(bits) {
    const sign = (bits >>> 16) & 0x8000;
    const size = bits & magnitude;
    if (size > infinity)
        return sign | 0x7c00 | ((size >>> 13) & 0x3ff || 0x200);
    // 65520 lies half-way between the largest float16 and the next power of two.
    if (size >= 0x477ff000)
        return sign | 0x7c00;
    if (size >= 0x38800000) {
        const rebiased = size - (112 << 23);
        return sign | ((rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13);
    }
    // Up to 2^-25, half of the smallest subnormal, everything rounds to zero.
    if (size <= 0x33000000)
        return sign;
    const shift = 126 - (size >>> 23);
    const fraction = (size & 0x7fffff) | 0x800000;
    const kept = fraction >>> shift;
    const rest = fraction & ((1 << shift) - 1);
    const half = 1 << (shift - 1);
    return sign | (kept + (rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0));
}
/** Bits of the bfloat16 nearest to the float32 of pattern `bits`. */
function narrowBrainBits(bits) {
    if ((bits & magnitude) > infinity)
        return (bits >>> 16) | ((bits & 0x7f0000) === 0 ? 0x40 : 0);
    return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}
let widened;
/** float16 bit patterns to float32, exactly. */
export function halfToFloat32(halves) {
    widened ??= Uint32Array.from({ length: 65536 }, (_, half) => widenHalfBits(half));
    const bits = new Uint32Array(halves.length);
    for (let i = 0; i < bits.length; i++)
        bits[i] = widened[halves[i]];
    return new Float32Array(bits.buffer);
}
/** bfloat16 bit patterns to float32, exactly. */
export function bfloat16ToFloat32(brains) {
    const bits = new Uint32Array(brains.length);
    for (let i = 0; i < bits.length; i++)
        bits[i] = brains[i] << 16;
    return new Float32Array(bits.buffer);
}
/** float32 to the nearest float16 bit patterns; from 65520 on values become infinite. */
export function float32ToHalf(values) {
    return narrow(values, narrowHalfBits);
}
/** float32 to the nearest bfloat16 bit patterns. */
export function float32ToBfloat16(values) {
    return narrow(values, narrowBrainBits);
}
function narrow(values, narrowBits) {
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
    const narrowed = new Uint16Array(values.length);
    for (let i = 0; i < narrowed.length; i++)
        narrowed[i] = narrowBits(bits[i]);
    return narrowed;
}
//# sourceMappingURL=half.js.map