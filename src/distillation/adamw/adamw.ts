/**
 * AdamW (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019) in the two forms that matter here.
 *
 * `hf` is transformers' AdamW with correct_bias=False, which the original K-Stable-Diffusion used: no bias correction,
 * and the decay is taken from the updated parameter. `torch` is torch.optim.AdamW: the decay comes first, and the
 * moments are corrected for having started at 0. Knows no model and no schedule.
 */
import { ConfigError, GraphError } from '../../errors.ts';
import { type Coefficients, createKernel, type Kernel } from './kernel.ts';
import { padded, type Slot, type TrainingMemory } from './memory.ts';

export type AdamWVariant = 'hf' | 'torch';

export interface AdamWOptions {
  readonly variant: AdamWVariant;
  /** [0.9, 0.999] by default. */
  readonly betas?: readonly [number, number];
  /** 1e-6 (hf) or 1e-8 (torch) by default, as in the originals. */
  readonly eps?: number;
  readonly weightDecay: number;
  /** If the L2 norm of all gradients together is above this, they are scaled down to it. Not clipped by default. */
  readonly clipNorm?: number;
}

/** Gradients by name of the parameter. */
export type Gradients = Readonly<Record<string, Float32Array>>;

export interface StepReport {
  /** False where a gradient of a scaled loss is no finite number: nothing is changed then, and the step does not count. */
  readonly applied: boolean;
  /** L2 norm of all gradients before clipping; only computed where clipping or a scaled loss asks for it. */
  readonly gradientNorm?: number;
}

export interface AdamW {
  /**
   * One update of the state with learning rate `lr`. A parameter that `gradients` does not name is left alone, by weight
   * decay too; the bias correction of `torch` counts all steps, so it agrees with PyTorch if a parameter has a gradient in
   * every step or in none. With `lossScale` the gradients are those of a loss that was multiplied by it. Not-a-numbers in
   * other gradients end up in the parameters: check the loss first.
   * Throws GraphError for a gradient of an unknown parameter or of another length; nothing is changed then.
   */
  step(gradients: Gradients, lr: number, lossScale?: number): StepReport;
}

const defaultEps: Readonly<Record<AdamWVariant, number>> = { hf: 1e-6, torch: 1e-8 };

/** An optimizer that updates `state`. Throws ConfigError for options outside their range. */
export function adamw(state: TrainingMemory, options: AdamWOptions): AdamW {
  checkOptions(options);
  const kernel = createKernel(state.memory);
  return {
    step: (gradients, lr, lossScale) => {
      const updates = match(state, gradients);
      const norm = asksForNorm(options, lossScale) ? globalNorm(updates.map(([, g]) => g)) : undefined;
      const scale = gradientScaleOf(options, norm, lossScale);
      const report = norm === undefined ? {} : { gradientNorm: norm / (lossScale ?? 1) };
      if (scale === undefined) return { ...report, applied: false };
      state.step += 1;
      for (const [slot, gradient] of updates) {
        const coefficients = coefficientsOf(options, slot.decay, state.step, lr, scale);
        updateSlot(state, kernel, slot, gradient, coefficients);
      }
      return { ...report, applied: true };
    },
  };
}

/** The L2 norm of all values of all arrays, summed in float64. */
export function globalNorm(arrays: readonly Float32Array[]): number {
  let sum = 0;
  for (const values of arrays) sum += sumOfSquares(values);
  return Math.sqrt(sum);
}

function sumOfSquares(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) ** 2;
  return sum;
}

/** Does a step need the norm of its gradients? */
export function asksForNorm({ clipNorm }: AdamWOptions, lossScale: number | undefined): boolean {
  return clipNorm !== undefined || lossScale !== undefined;
}

/**
 * What the gradients of a step are multiplied by, from the L2 `norm` that they have: it undoes the loss's scale and clips.
 * Undefined where the loss was scaled and a gradient is no finite number.
 */
export function gradientScaleOf(
  { clipNorm }: AdamWOptions,
  norm: number | undefined,
  lossScale: number | undefined,
): number | undefined {
  const unscale = 1 / (lossScale ?? 1);
  if (norm === undefined) return unscale;
  if (lossScale !== undefined && !Number.isFinite(norm)) return undefined;
  return clipNorm === undefined ? unscale : unscale * clipScale(norm * unscale, clipNorm);
}

/** As torch.nn.utils.clip_grad_norm_, which adds 1e-6 so that a norm of 0 is no division by 0. */
function clipScale(norm: number, limit: number): number {
  return Math.min(1, limit / (norm + 1e-6));
}

/** The scalars of step number `step` (from 1), for a parameter that decays or does not. */
export function coefficientsOf(
  { variant, betas = [0.9, 0.999], eps = defaultEps[variant], weightDecay }: AdamWOptions,
  decay: boolean,
  step: number,
  lr: number,
  gradientScale: number,
): Coefficients {
  const [beta1, beta2] = betas;
  const decayed = decay ? lr * weightDecay : 0;
  const common = { gradientScale, beta1, beta2, eps };
  if (variant === 'hf') return { ...common, rootScale: 1, stepSize: lr, keepBefore: 1, decayAfter: decayed };
  return {
    ...common,
    rootScale: 1 / Math.sqrt(1 - beta2 ** step),
    stepSize: lr / (1 - beta1 ** step),
    keepBefore: 1 - decayed,
    decayAfter: 0,
  };
}

/** Each gradient with its parameter, in the order of the state. */
function match(state: TrainingMemory, gradients: Gradients): [Slot, Float32Array][] {
  const updates = state.slots.flatMap((slot): [Slot, Float32Array][] => {
    const gradient = gradients[slot.name];
    return gradient === undefined ? [] : [[slot, gradient]];
  });
  for (const [{ name, length, shape }, gradient] of updates) {
    if (gradient.length === length) continue;
    throw new GraphError(
      `The gradient of '${name}' has ${gradient.length} elements, but its shape [${shape.join(', ')}] has ${length}.`,
      'Check the graph that computes the gradients.',
    );
  }
  const names = Object.keys(gradients).filter((name) => gradients[name] !== undefined);
  if (names.length > updates.length) {
    const known = new Set(state.slots.map(({ name }) => name));
    const stranger = names.find((name) => !known.has(name));
    throw new GraphError(
      `There is a gradient of '${stranger}', which is not a trained parameter.`,
      'Name gradients by parameter.',
    );
  }
  return updates;
}

/** Copies the gradient through the scratch region, one chunk after the other, and updates the chunk's parameters. */
function updateSlot(
  state: TrainingMemory,
  kernel: Kernel,
  slot: Slot,
  gradient: Float32Array,
  coefficients: Coefficients,
): void {
  const { p, m, v, scratch } = state;
  const address = (region: Float32Array, element: number) =>
    region.byteOffset + element * Float32Array.BYTES_PER_ELEMENT;
  for (let begin = 0; begin < gradient.length; begin += scratch.length) {
    const chunk = gradient.subarray(begin, begin + scratch.length);
    const count = padded(chunk.length);
    scratch.set(chunk);
    scratch.fill(0, chunk.length, count);
    const first = slot.start + begin;
    kernel(
      { p: address(p, first), m: address(m, first), v: address(v, first), g: address(scratch, 0) },
      count,
      coefficients,
    );
  }
}

/** Throws ConfigError for options outside their range. */
export function checkOptions({ betas, eps, weightDecay, clipNorm }: AdamWOptions): void {
  const inRange = (value: number | undefined, ok: (value: number) => boolean, what: string) => {
    if (value !== undefined && !ok(value)) {
      throw new ConfigError(
        `AdamW cannot work with ${what} = ${value}.`,
        'Correct the optimizer of the experiment.',
      );
    }
  };
  const fraction = (beta: number) => beta >= 0 && beta < 1;
  inRange(betas?.[0], fraction, 'beta1');
  inRange(betas?.[1], fraction, 'beta2');
  inRange(eps, (value) => value > 0 && Number.isFinite(value), 'eps');
  inRange(weightDecay, (value) => value >= 0 && Number.isFinite(value), 'weight decay');
  inRange(clipNorm, (value) => value > 0, 'clip norm');
}
