import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assemble, type Code, defineFunction, f32x4, i32, repeatWhile } from './wasm.ts';

/** Runs `expression(a, b)` on four lanes. */
function onLanes(
  expression: (a: Code, b: Code) => Code,
  a: readonly number[],
  b: readonly number[],
): number[] {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const apply = defineFunction('apply', { left: 'i32', right: 'i32', out: 'i32' }, {}, (x) => [
    f32x4.store(x.out.get, expression(f32x4.load(x.left.get), f32x4.load(x.right.get))),
  ]);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assemble([apply])), {
    env: { memory },
  });
  const lanes = new Float32Array(memory.buffer);
  lanes.set(a, 0);
  lanes.set(b, 4);
  (exports['apply'] as (...addresses: number[]) => void)(0, 16, 32);
  return [...lanes.subarray(8, 12)];
}

const a = [1, -2, 0.25, 9];
const b = [3, 5, -7, 4];

test.each([
  ['adds', f32x4.add, [4, 3, -6.75, 13]],
  ['subtracts', f32x4.subtract, [-2, -7, 7.25, 5]],
  ['multiplies', f32x4.multiply, [3, -10, -1.75, 36]],
  ['divides', f32x4.divide, [1 / 3, -0.4, -0.25 / 7, 2.25].map(Math.fround)],
  ['takes magnitudes', (x: Code) => f32x4.abs(x), [1, 2, 0.25, 9]],
  ['takes roots', (x: Code) => f32x4.sqrt(x), [1, Number.NaN, 0.5, 3]],
  [
    'makes the lanes 0 where a comparison holds',
    (x: Code, y: Code) => f32x4.zeroWhere(x, f32x4.lessThan(x, y)),
    [0, 0, 0.25, 9],
  ],
] as const)('a SIMD instruction %s', (_, instruction, expected) => {
  expect(onLanes(instruction, a, b)).toEqual(expected);
});

test('integers of any size survive their encoding', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 0, max: 1000 }), (value, times) => {
      fc.pre(times > 0);
      const memory = new WebAssembly.Memory({ initial: 1 });
      // Adds `value` to the address `times` times and takes it away again: the store hits address 0 only if all is well.
      const walk = defineFunction('walk', { start: 'i32', rounds: 'i32' }, { at: 'i32' }, (x) => [
        x.at.set(x.start.get),
        repeatWhile(x.rounds.get, [
          x.at.set(i32.add(x.at.get, i32.constant(value))),
          x.at.set(i32.subtract(x.at.get, i32.constant(value))),
          x.at.set(i32.add(x.at.get, i32.constant(16))),
          x.rounds.set(i32.subtract(x.rounds.get, i32.constant(1))),
        ]),
        f32x4.store(x.at.get, f32x4.add(f32x4.load(x.start.get), f32x4.load(x.start.get))),
      ]);
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assemble([walk])), {
        env: { memory },
      });
      const lanes = new Float32Array(memory.buffer);
      lanes[0] = 21;
      (exports['walk'] as (...values: number[]) => void)(0, times);
      expect(lanes[times * 4]).toBe(42);
    }),
  );
});
