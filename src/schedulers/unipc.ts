/**
 * UniPC: Zhao et al., "UniPC: a unified predictor-corrector framework for fast sampling of diffusion models", 2023,
 * the B(h) forms. UniPCMultistepScheduler in diffusers.
 *
 * A step first corrects the last one with the new model output, then predicts the next: one call each.
 */
import type { SchedulerConfig } from './config.ts';
import { solve, type Term, weightedSum } from './linear.ts';
import { logSnr, type NoiseLevel } from './noise.ts';
import { predictEpsilon, predictX0 } from './prediction.ts';
import type { Scheduler } from './scheduler.ts';
import { isNoStep, onLevels, refuseNoiselessEnd, solverLevels } from './solverLevels.ts';

/** What the model said, in the form in which the solver integrates it, and where. */
interface Prediction {
  readonly level: NoiseLevel;
  readonly values: Float32Array;
}

/** A step done, which the next model output may correct. */
interface Step {
  readonly sample: Float32Array;
  /** Those in use, the latest (at the step's start) first. */
  readonly known: readonly Prediction[];
}

export const unipc: Scheduler = {
  className: 'UniPCMultistepScheduler',
  defaults: { solverType: 'bh2', finalSigmasType: 'sigma_min' },
  create(config, schedule, run) {
    refuseNoiselessEnd(config, !config.predictX0);
    const solver = solverLevels(config, schedule, run);
    const { timesteps, levels } = solver;
    const lowers = config.lowerOrderFinal || config.finalSigmasType === 'zero';
    const predict = config.predictX0 ? predictX0 : predictEpsilon;
    let known: readonly Prediction[] = [];
    let done: Step | undefined;
    return {
      ...onLevels(solver, schedule),
      needsNoise: false,
      step(modelOutput, call, sample) {
        const [from, to] = levels.slice(call, call + 2) as [NoiseLevel, NoiseLevel];
        const latest = { level: from, values: predict(config.predictionType, from, modelOutput, sample) };
        const corrects = done && !config.disableCorrector.includes(call - 1);
        const corrected = done && corrects ? advance(config, done, from, latest) : sample;
        known = [latest, ...known].slice(0, config.solverOrder);
        const order = Math.min(known.length, lowers ? timesteps.length - call : config.solverOrder);
        done = { sample: corrected, known: known.slice(0, order) };
        return advance(config, done, to);
      },
    };
  },
};

/**
 * The sample at level `to`: by the predictor UniP (algorithm 2), or, with the prediction at `to` itself, by the
 * corrector UniC (algorithm 1).
 */
function advance(config: SchedulerConfig, step: Step, to: NoiseLevel, end?: Prediction): Float32Array {
  const [start, ...earlier] = step.known as [Prediction, ...Prediction[]];
  const others = end ? [...earlier, end] : earlier;
  const h = Math.fround(logSnr(to) - logSnr(start.level));
  if (isNoStep(start.level, to)) return step.sample;
  const places = others.map(({ level }) => (logSnr(level) - logSnr(start.level)) / h);
  const hh = config.predictX0 ? -h : h;
  const bh = config.solverType === 'bh1' ? hh : Math.expm1(hh);
  const weights = weightsOf(places, hh, bh);
  const kept = config.predictX0 ? to.sigma / start.level.sigma : to.alpha / start.level.alpha;
  const scale = config.predictX0 ? -to.alpha : -to.sigma;
  const differences = others.flatMap(({ values }, i): Term[] => {
    const weight = (scale * bh * (weights[i] as number)) / (places[i] as number);
    return [
      [weight, values],
      [-weight, start.values],
    ];
  });
  return weightedSum([kept, step.sample], [scale * Math.expm1(hh), start.values], ...differences);
}

/** One weight for each prediction besides the start's; a single one gets 1/2 whatever its place, as in the paper. */
function weightsOf(places: readonly number[], hh: number, bh: number): number[] {
  return places.length === 1 ? [0.5] : solve(...orderConditions(places, hh, bh));
}

/**
 * The linear equations of theorem 3.1, which make the step exact for polynomials: powers of the places, and moments.
 * The moments lose most of their digits to cancellation in short steps. They are rounded as diffusers rounds them,
 * in float32: with 50 steps of order 3 the samples would otherwise differ visibly from its samples.
 */
function orderConditions(places: readonly number[], hh: number, bh: number): [number[][], number[]] {
  const float = Math.fround;
  const matrix = places.map((_, power) => places.map((place) => place ** power));
  const right: number[] = [];
  let phi = float(float(float(Math.expm1(hh)) / hh) - 1);
  let factorial = 1;
  for (let i = 1; i <= places.length; i++) {
    right.push(float(float(phi * factorial) / bh));
    factorial *= i + 1;
    phi = float(float(phi / hh) - float(1 / factorial));
  }
  return [matrix, right];
}
