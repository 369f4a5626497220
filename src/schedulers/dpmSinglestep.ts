/**
 * DPM-Solver and DPM-Solver++, single-step: Lu et al., "DPM-Solver", 2022, algorithms 1 and 2, and "DPM-Solver++",
 * 2022, algorithm 1. DPMSolverSinglestepScheduler in diffusers.
 *
 * The time steps fall into blocks of as many calls as the order has. Each call of a block begins anew at the block's
 * first sample and goes one time step further, with one prediction more.
 */
import { ConfigError } from '../errors.ts';
import type { SchedulerConfig } from './config.ts';
import {
  type Differences,
  factorsOf,
  integrate,
  integratesNoise,
  isStochastic,
  predicted,
  usesHeun,
} from './exponential.ts';
import { weightedSum } from './linear.ts';
import { logSnr, type NoiseLevel } from './noise.ts';
import type { Scheduler } from './scheduler.ts';
import { isNoStep, onLevels, refuseNoiselessEnd, solverLevels } from './solverLevels.ts';

/** A call of the block so far. */
interface Stage {
  readonly level: NoiseLevel;
  readonly sample: Float32Array;
  readonly prediction: Float32Array;
}

export const dpmSinglestep: Scheduler = {
  className: 'DPMSolverSinglestepScheduler',
  defaults: {},
  create(config, schedule, run) {
    refuseStochastic(config);
    refuseNoiselessEnd(config, integratesNoise(config));
    const solver = solverLevels(config, schedule, run);
    const { timesteps, levels } = solver;
    const orders = ordersOf(config, timesteps.length + run.skipped).slice(run.skipped);
    let block: readonly Stage[] = [];
    return {
      ...onLevels(solver, schedule),
      needsNoise: false,
      step(modelOutput, call, sample) {
        const [from, to] = levels.slice(call, call + 2) as [NoiseLevel, NoiseLevel];
        const prediction = predicted(config, from, modelOutput, sample);
        const earlier = orders[call] === 1 ? [] : block;
        block = [...earlier, { level: from, sample, prediction }];
        if (isNoStep(from, to)) return sample;
        return advance(config, block as [Stage, ...Stage[]], to);
      },
    };
  },
};

/** The order of each call: 1, 2, ... up to the config's, over and over; what is left at the end is of lower order. */
function ordersOf(config: SchedulerConfig, calls: number): number[] {
  const { solverOrder: most } = config;
  const lowers = config.lowerOrderFinal || config.finalSigmasType === 'zero';
  const orders = Array.from({ length: calls }, (_, call) => (call % most) + 1);
  if (!lowers || calls === 0) return orders;
  // A last block that is whole is broken up, so that the run ends with a short and stable step.
  if (calls % most === 0) orders[calls - 1] = 1;
  if (config.finalSigmasType === 'zero') orders[calls - 1] = 1;
  return orders;
}

/** From the first sample of `block` to the level `to`, by a polynomial through all of its predictions. */
function advance(config: SchedulerConfig, block: readonly [Stage, ...Stage[]], to: NoiseLevel): Float32Array {
  const [start] = block;
  const factors = factorsOf(config, start.level, to);
  const parts = blockDifferences(block, to, !usesHeun(config));
  // Second order by the midpoint rule takes half of the value's factor for the slope's, third order the integral.
  const ofSlope = block.length === 2 && !usesHeun(config) ? factors.value / 2 : factors.slope;
  return integrate(factors, start.sample, parts, ofSlope);
}

/** `plain`: of three predictions, only the first and the last, by whose line the paper's third order goes. */
function blockDifferences(block: readonly [Stage, ...Stage[]], to: NoiseLevel, plain: boolean): Differences {
  const [start, middle, end] = block as readonly [Stage, Stage?, Stage?];
  const h = logSnr(to) - logSnr(start.level);
  const secant = (stage: Stage) => {
    const place = (logSnr(stage.level) - logSnr(start.level)) / h;
    return { place, slope: weightedSum([1 / place, stage.prediction], [-1 / place, start.prediction]) };
  };
  if (!middle) return [start.prediction];
  const near = secant(middle);
  if (!end) return [start.prediction, near.slope];
  const far = secant(end);
  if (plain) return [start.prediction, far.slope];
  const distance = far.place - near.place;
  return [
    start.prediction,
    weightedSum([far.place / distance, near.slope], [-near.place / distance, far.slope]),
    weightedSum([2 / distance, far.slope], [-2 / distance, near.slope]),
  ];
}

function refuseStochastic(config: SchedulerConfig): void {
  if (!isStochastic(config)) return;
  throw new ConfigError(
    `The scheduler config has algorithm_type "${config.algorithmType}", which the single-step solver does not have.`,
    'Use DPMSolverSDEScheduler (dpmpp_sde) or DPMSolverMultistepScheduler (dpmpp_2m_sde).',
  );
}
