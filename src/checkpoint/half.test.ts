import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bfloat16ToFloat32, float32ToBfloat16, float32ToHalf, halfToFloat32 } from './half.ts';

const everyPattern = Uint16Array.from({ length: 65536 }, (_, bits) => bits);

/** The value of a float16 by the definition of IEEE 754. */
function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent ? sign * (1 + fraction / 1024) * 2 ** (exponent - 15) : sign * fraction * 2 ** -24;
}

const half = (value: number) => float32ToHalf(Float32Array.of(value))[0];
const brain = (value: number) => float32ToBfloat16(Float32Array.of(value))[0];

describe('float16', () => {
  it('widens every pattern to the value that IEEE 754 defines', () => {
    const values = halfToFloat32(everyPattern);
    const wrong = [...everyPattern].filter((bits) => !Object.is(values[bits], halfValue(bits)));
    expect(wrong).toEqual([]);
  });

  it('comes back bit by bit for every pattern, subnormals, infinities and not-a-numbers included', () => {
    expect(Buffer.from(float32ToHalf(halfToFloat32(everyPattern)).buffer)).toEqual(
      Buffer.from(everyPattern.buffer),
    );
  });

  it('rounds to the nearest value, ties to even', () => {
    expect(half(1 + 2 ** -11)).toBe(0x3c00);
    expect(half(1 + 3 * 2 ** -11)).toBe(0x3c02);
    expect(half(1 + 2 ** -11 + 2 ** -20)).toBe(0x3c01);
    expect(half(2 - 2 ** -12)).toBe(0x4000);
  });

  it('rounds subnormals, the smallest of them away from or to zero', () => {
    expect(half(2 ** -25)).toBe(0);
    expect(half(2 ** -25 * 1.001)).toBe(1);
    expect(half(3 * 2 ** -25)).toBe(2);
    expect(half(-(2 ** -24))).toBe(0x8001);
    expect(half(2 ** -14 - 2 ** -26)).toBe(0x0400);
    expect(half(2 ** -140)).toBe(0);
  });

  it('becomes infinite from 65520 on', () => {
    expect(half(65519.99)).toBe(0x7bff);
    expect(half(65520)).toBe(0x7c00);
    expect(half(Number.NEGATIVE_INFINITY)).toBe(0xfc00);
    expect(half(Number.NaN)! & 0x7fff).toBeGreaterThan(0x7c00);
  });

  it('is never further away than its neighbours', () => {
    const values = halfToFloat32(everyPattern);
    fc.assert(
      fc.property(fc.float({ noNaN: true, min: -65504, max: 65504 }), (value) => {
        const bits = half(value)!;
        const error = Math.abs(values[bits]! - value);
        for (const neighbour of [bits - 1, bits + 1]) {
          const other = values[neighbour & 0xffff]!;
          if (Number.isFinite(other)) expect(error).toBeLessThanOrEqual(Math.abs(other - value));
        }
      }),
    );
  });
});

describe('bfloat16', () => {
  it('comes back bit by bit for every pattern', () => {
    expect(Buffer.from(float32ToBfloat16(bfloat16ToFloat32(everyPattern)).buffer)).toEqual(
      Buffer.from(everyPattern.buffer),
    );
  });

  it('is the upper half of a float32, rounded to nearest with ties to even', () => {
    expect(bfloat16ToFloat32(Uint16Array.of(0x3fc0, 0xc000))).toEqual(Float32Array.of(1.5, -2));
    expect(brain(1 + 2 ** -8)).toBe(0x3f80);
    expect(brain(1 + 3 * 2 ** -8)).toBe(0x3f82);
    expect(brain(1 + 2 ** -8 + 2 ** -20)).toBe(0x3f81);
    expect(brain(3.4e38)).toBe(0x7f80);
  });

  it('keeps a not-a-number whose payload lies in the lower half', () => {
    const nan = new Float32Array(Uint32Array.of(0x7f800001).buffer);
    expect(bfloat16ToFloat32(float32ToBfloat16(nan))[0]).toBeNaN();
  });
});
