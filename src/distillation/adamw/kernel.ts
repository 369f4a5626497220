/**
 * The AdamW update of one run of parameters, as a WebAssembly SIMD kernel.
 *
 * Knows addresses and numbers only: no names, no layout, no step count.
 */
import { assemble, defineFunction, f32x4, i32, repeatWhile } from './wasm.ts';

/** The scalars of one step. They are float64 here and rounded to float32 when the kernel is called. */
export interface Coefficients {
  /** Multiplies every gradient: 1, or less than 1 where the global norm is clipped. */
  readonly gradientScale: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  /** Multiplies sqrt(v): 1, or 1 / sqrt(1 - beta2 ** step) with bias correction. */
  readonly rootScale: number;
  /** Multiplies m / denominator: lr, or lr / (1 - beta1 ** step) with bias correction. */
  readonly stepSize: number;
  /** p is multiplied by this before the update: 1 - lr * weightDecay (torch) or 1 (hf). */
  readonly keepBefore: number;
  /** This part of p is taken away after the update: lr * weightDecay (hf) or 0 (torch). */
  readonly decayAfter: number;
}

/**
 * Updates p, m and v in place. The addresses are bytes and multiples of 16; `count` is the number of elements, a
 * multiple of 4 and not 0.
 */
export type Kernel = (
  address: { readonly p: number; readonly m: number; readonly v: number; readonly g: number },
  count: number,
  coefficients: Coefficients,
) => void;

/** Moments smaller than this become 0. */
export const smallestMoment = 2 ** -100;

const { abs, add, divide, lessThan, load, multiply, splat, sqrt, store, subtract, zeroWhere } = f32x4;

/**
 * For each lane:
 *
 *     g = gradientScale * g
 *     m = beta1 * m + (1 - beta1) * g
 *     v = beta2 * v + (1 - beta2) * g * g
 *     p = keepBefore * p - stepSize * m / (rootScale * sqrt(v) + eps)
 *     p = p - decayAfter * p
 *
 * The moments of an embedding row whose token no longer comes up shrink until they, or their product with the learning
 * rate, are denormal and stay so, and denormal numbers are many times slower on most processors. Moments below 2^-100
 * (8e-31) are therefore made 0. Nothing is lost: against an eps of 1e-8 they move a parameter by less than 1e-22 * lr,
 * and the square root of such a v is 1e-15.
 */
const update = defineFunction(
  'update',
  {
    p: 'i32',
    m: 'i32',
    v: 'i32',
    g: 'i32',
    vectors: 'i32',
    gradientScale: 'f32',
    beta1: 'f32',
    newPart1: 'f32',
    beta2: 'f32',
    newPart2: 'f32',
    eps: 'f32',
    rootScale: 'f32',
    stepSize: 'f32',
    keepBefore: 'f32',
    decayAfter: 'f32',
    smallest: 'f32',
  },
  { gradient: 'v128', first: 'v128', second: 'v128', parameter: 'v128' },
  (x) => {
    const flush = (value: typeof x.first) =>
      zeroWhere(value.get, lessThan(abs(value.get), splat(x.smallest.get)));
    const times = (scalar: typeof x.beta1, code: typeof x.beta1.get) => multiply(splat(scalar.get), code);
    const next = (pointer: typeof x.p) => pointer.set(i32.add(pointer.get, i32.constant(16)));
    return [
      repeatWhile(x.vectors.get, [
        x.gradient.set(times(x.gradientScale, load(x.g.get))),

        x.first.set(add(times(x.beta1, load(x.m.get)), times(x.newPart1, x.gradient.get))),
        x.first.set(flush(x.first)),
        store(x.m.get, x.first.get),

        x.second.set(
          add(times(x.beta2, load(x.v.get)), multiply(times(x.newPart2, x.gradient.get), x.gradient.get)),
        ),
        x.second.set(flush(x.second)),
        store(x.v.get, x.second.get),

        x.parameter.set(
          subtract(
            times(x.keepBefore, load(x.p.get)),
            divide(
              times(x.stepSize, x.first.get),
              add(times(x.rootScale, sqrt(x.second.get)), splat(x.eps.get)),
            ),
          ),
        ),
        store(x.p.get, subtract(x.parameter.get, times(x.decayAfter, x.parameter.get))),

        next(x.p),
        next(x.m),
        next(x.v),
        next(x.g),
        x.vectors.set(i32.subtract(x.vectors.get, i32.constant(1))),
      ]),
    ];
  },
);

const moduleBytes = assemble([update]);

/** The kernel on `memory`, compiled at once (it is a few hundred bytes). */
export function createKernel(memory: WebAssembly.Memory): Kernel {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes), { env: { memory } });
  const run = instance.exports['update'] as (...values: number[]) => void;
  return ({ p, m, v, g }, count, c) =>
    run(
      p,
      m,
      v,
      g,
      count / 4,
      c.gradientScale,
      c.beta1,
      1 - c.beta1,
      c.beta2,
      1 - c.beta2,
      c.eps,
      c.rootScale,
      c.stepSize,
      c.keepBefore,
      c.decayAfter,
      smallestMoment,
    );
}
