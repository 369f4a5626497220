/**
 * What a sampler can be told, in the terms of a diffusers scheduler_config.json.
 *
 * Only types and the shared defaults; reading is in parse.ts, each scheduler's own defaults in its file.
 */

export const betaSchedules = ['linear', 'scaled_linear', 'squaredcos_cap_v2', 'sigmoid', 'exp'] as const;
export const predictionTypes = ['epsilon', 'v_prediction', 'sample'] as const;
export const timestepSpacings = ['leading', 'linspace', 'trailing'] as const;
export const algorithmTypes = [
  'dpmsolver++',
  'dpmsolver',
  'sde-dpmsolver++',
  'sde-dpmsolver',
  'deis',
] as const;
export const solverTypes = ['midpoint', 'heun', 'bh1', 'bh2', 'logrho'] as const;
export const varianceTypes = ['fixed_small', 'fixed_small_log', 'fixed_large'] as const;
export const finalSigmasTypes = ['zero', 'sigma_min'] as const;

export type BetaSchedule = (typeof betaSchedules)[number];
/** What the model says: the noise, the velocity (Salimans and Ho 2022), or the picture itself. */
export type PredictionType = (typeof predictionTypes)[number];
/** Table 2 of Lin et al., "Common diffusion noise schedules and sample steps are flawed", 2023. */
export type TimestepSpacing = (typeof timestepSpacings)[number];
export type AlgorithmType = (typeof algorithmTypes)[number];
export type SolverType = (typeof solverTypes)[number];
export type VarianceType = (typeof varianceTypes)[number];
export type FinalSigmasType = (typeof finalSigmasTypes)[number];

export interface SchedulerConfig {
  /** The diffusers class, for example DDIMScheduler. */
  readonly className: string;
  readonly numTrainTimesteps: number;
  readonly betaStart: number;
  readonly betaEnd: number;
  readonly betaSchedule: BetaSchedule;
  /** Betas given one by one, instead of the three above. */
  readonly trainedBetas?: readonly number[];
  readonly rescaleBetasZeroSnr: boolean;
  readonly predictionType: PredictionType;
  readonly timestepSpacing: TimestepSpacing;
  /** Added to the time steps of the spacing `leading`. */
  readonly stepsOffset: number;
  /** Clip the predicted picture to -clipSampleRange .. clipSampleRange (DDIM, DDPM, Heun). */
  readonly clipSample: boolean;
  readonly clipSampleRange: number;
  /** The last step ends without any noise, and not at the noise of time step 0 (DDIM, PNDM). */
  readonly setAlphaToOne: boolean;
  /** Leave out PNDM's Runge-Kutta steps. */
  readonly skipPrkSteps: boolean;
  /** Noise levels of Karras et al. 2022 (Euler, Heun, LMS, DPM-Solver, UniPC). */
  readonly useKarrasSigmas: boolean;
  /** Noise levels even in their logarithm; `useLuLambdas` is the DPM-Solvers' own name for it. */
  readonly useExponentialSigmas: boolean;
  readonly useLuLambdas: boolean;
  /** Noise levels of Lee et al. 2024, dense at both ends. */
  readonly useBetaSigmas: boolean;
  /** Where a run ends: without noise, or at the noise of time step 0 (Euler, DPM-Solver, UniPC). */
  readonly finalSigmasType: FinalSigmasType;
  /** The last step is of first order (DPM-Solver, multistep). */
  readonly eulerAtFinal: boolean;
  readonly varianceType: VarianceType;
  /** 1 to 3 (DPM-Solver, UniPC). */
  readonly solverOrder: number;
  readonly algorithmType: AlgorithmType;
  readonly solverType: SolverType;
  /** Lower the order in the last steps, which keeps short runs stable. */
  readonly lowerOrderFinal: boolean;
  /** DPM-Solver leaves out time steps whose log signal-to-noise ratio is below this. */
  readonly lambdaMinClipped: number;
  /** UniPC in terms of the predicted picture, and not of the noise. */
  readonly predictX0: boolean;
  /** Calls after which UniPC does not correct. */
  readonly disableCorrector: readonly number[];
  /** How many steps the teacher of a consistency model took: the time steps that the model knows (LCM, TCD). */
  readonly originalInferenceSteps: number;
  /** How fast the boundary condition of a consistency model fades with the time step (LCM). */
  readonly timestepScaling: number;
}

/** The defaults that most classes of diffusers share. */
export const sharedDefaults: Omit<SchedulerConfig, 'className'> = {
  numTrainTimesteps: 1000,
  betaStart: 0.0001,
  betaEnd: 0.02,
  betaSchedule: 'linear',
  rescaleBetasZeroSnr: false,
  predictionType: 'epsilon',
  timestepSpacing: 'linspace',
  stepsOffset: 0,
  clipSample: false,
  clipSampleRange: 1,
  setAlphaToOne: false,
  skipPrkSteps: false,
  useKarrasSigmas: false,
  useExponentialSigmas: false,
  useLuLambdas: false,
  useBetaSigmas: false,
  finalSigmasType: 'zero',
  eulerAtFinal: false,
  varianceType: 'fixed_small',
  solverOrder: 2,
  algorithmType: 'dpmsolver++',
  solverType: 'midpoint',
  lowerOrderFinal: true,
  lambdaMinClipped: Number.NEGATIVE_INFINITY,
  predictX0: true,
  disableCorrector: [],
  originalInferenceSteps: 50,
  timestepScaling: 10,
};
