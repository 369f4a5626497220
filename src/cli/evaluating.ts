/**
 * Runs the measures of `ksd eval` behind one progress bar.
 */
import { type Clip, openClip } from '../evaluation/clipModel.ts';
import { type ClipScoreEvaluation, evaluateClipScore, type JudgedPicture } from '../evaluation/clipScore.ts';
import { drawPrompts } from '../evaluation/drawPrompts.ts';
import type { EmojiWorld } from '../evaluation/emojiWorld.ts';
import { evaluateConditioning, recordedCalls } from '../evaluation/evaluateConditioning.ts';
import {
  defaultSystems,
  type Evaluation,
  type EvaluationOptions,
  evaluatePictures,
  type System,
} from '../evaluation/evaluatePictures.ts';
import type { Journal } from '../evaluation/journal.ts';
import { likeness } from '../evaluation/likeness.ts';
import type { EvaluationReport, MeasuredStates, SuiteReport } from '../evaluation/report/evaluationReport.ts';
import { choosePairs } from '../evaluation/statePairs.ts';
import { encoderSystems, linearBaseline, meanBaseline, referenceOf } from '../evaluation/stateSystems.ts';
import { type EvaluatedPair, evaluateStates } from '../evaluation/states.ts';
import { finish } from '../generation/finish.ts';
import type { Studio } from './drawing.ts';
import type { ChosenSuite } from './evalSuites.ts';
import { word } from './messages.ts';
import { progress } from './progress.ts';

export const measures = ['states', 'conditioning', 'pictures'] as const;

export type Measure = (typeof measures)[number];

/** Pairs for `states`, and what its baselines learn from. */
export interface StatesPairs {
  readonly measured: readonly EvaluatedPair[];
  readonly fitted: readonly EvaluatedPair[];
  /** Where they are from, for readers. */
  readonly pairs: string;
  readonly fittedFrom: string;
}

export interface EvaluationPlan {
  readonly suites: readonly ChosenSuite[];
  readonly measures: readonly Measure[];
  readonly states?: StatesPairs;
  readonly settings: Omit<EvaluationOptions, 'journal'> & { readonly steps: number };
  /** Folder of a CLIP that judges pictures. */
  readonly clipScore?: string;
  readonly noted: Pick<EvaluationReport, 'command' | 'students'>;
}

export interface Evaluated {
  readonly report: EvaluationReport;
  /** Of `states`, pairs a second of each system, encoded and measured. */
  readonly pairsPerSecond: ReadonlyMap<string, number>;
}

/** The baselines learn from so many pairs at most, and from no more than are measured: more change little and take long. */
const mostFitted = 400;

/** Those of `file` to measure, and others for the baselines: of `training`, if it is known what the teacher was trained on. */
export function pairsFor(
  file: { readonly name: string; readonly pairs: readonly EvaluatedPair[] },
  training: { readonly name: string; readonly pairs: readonly EvaluatedPair[] } | undefined,
  count: number,
  seed: number,
): StatesPairs {
  const { measured, others } = choosePairs(file.pairs, { count, seed, half: training === undefined });
  const fitted = training ? choosePairs(training.pairs, { count: mostFitted, seed }).measured : others;
  return {
    measured,
    fitted: fitted.slice(0, Math.min(mostFitted, measured.length)),
    pairs: file.name,
    fittedFrom: training?.name ?? file.name,
  };
}

/** What the measures have in common. */
interface Job {
  readonly studio: Studio;
  readonly world: EmojiWorld;
  readonly plan: EvaluationPlan;
  readonly systems: readonly System[];
  readonly clip: Clip | undefined;
  readonly journal: Journal;
  readonly bar: WorkBar;
}

/** Runs all that is planned; what the journal knows is not done again. Throws what the measures throw, and the reason of the signal. */
export async function runEvaluation(
  studio: Studio,
  world: EmojiWorld,
  journal: Journal,
  plan: EvaluationPlan,
): Promise<Evaluated> {
  const systems = await systemsOf(studio, plan);
  const [goal, before] = systems as [System, System];
  // Opened first: a folder that is none is found before anything is drawn.
  const clip = plan.clipScore === undefined ? undefined : await openClip(studio.runtime, plan.clipScore);
  const bar = workBar(totalWork(plan, systems.length));
  const job = { studio, world, plan, systems, clip, journal, bar };
  try {
    const states = plan.states && (await measureStates(job, plan.states));
    const suites: SuiteReport[] = [];
    for (const suite of plan.suites) suites.push(await measureSuite(job, suite));
    const { signal: _, ...settings } = plan.settings;
    return {
      report: {
        ...plan.noted,
        model: studio.pipeline.name,
        goal: goal.name,
        before: before.name,
        settings,
        ...(states ? { states: states.measured } : {}),
        suites,
      },
      pairsPerSecond: states?.pairsPerSecond ?? new Map(),
    };
  } finally {
    bar.stop();
    await clip?.dispose();
  }
}

async function systemsOf({ pipeline, students }: Studio, { noted }: EvaluationPlan): Promise<System[]> {
  return defaultSystems(await pipeline.textEncoder(), students).map((system) => {
    const student = noted.students?.find(({ name }) => name === system.encoder.name);
    return student ? { ...system, weights: student.weights } : system;
  });
}

async function measureStates(
  { studio: { runtime, pipeline, students }, plan, bar }: Job,
  { measured, fitted, pairs, fittedFrom }: StatesPairs,
): Promise<{ measured: MeasuredStates; pairsPerSecond: Map<string, number> }> {
  const teacher = await pipeline.textEncoder();
  const reference = referenceOf(teacher);
  const systems = encoderSystems(teacher, students);
  if (fitted.length > 0) {
    systems.push(await meanBaseline(reference, fitted), await linearBaseline(runtime, teacher, fitted));
  }
  const milliseconds = new Map<string, number>();
  let last = performance.now();
  const options = plan.settings.signal ? { signal: plan.settings.signal } : {};
  const evaluation = await finish(
    evaluateStates(runtime, measured, reference, systems, options),
    ({ done, system }) => {
      const now = performance.now();
      milliseconds.set(system, (milliseconds.get(system) ?? 0) + now - last);
      last = now;
      bar.reach(done * workOf.pair, system);
    },
  ).finally(() => Promise.all(systems.map((system) => system.dispose?.())));
  const speed = systems
    .filter(({ isReference }) => !isReference)
    .map(({ name }): [string, number] => [
      name,
      (1000 * measured.length) / (milliseconds.get(name) as number),
    ]);
  bar.next(measured.length * (systems.length + 1) * workOf.pair);
  return {
    measured: { ...evaluation, pairs, fitted: { count: fitted.length, from: fittedFrom } },
    pairsPerSecond: new Map(speed),
  };
}

async function measureSuite(job: Job, suite: ChosenSuite): Promise<SuiteReport> {
  const { studio, world, plan, systems, clip, journal, bar } = job;
  const { name, title, probes, prompts, items } = suite;
  const { pipeline } = studio;
  const { batch: _, ...settings } = plan.settings;
  const whole = suiteWork(plan, suite, systems.length);
  const conditioning = plan.measures.includes('conditioning')
    ? await finish(
        evaluateConditioning(pipeline, prompts, systems, { ...settings, journal }),
        ({ done, total, prompt }) => bar.reach((whole.conditioning * done) / total, prompt.ko),
      )
    : undefined;
  bar.next(whole.conditioning);
  const pictures =
    plan.measures.includes('pictures') && items.length > 0
      ? await finish(
          evaluatePictures(pipeline, world, items, systems, { ...plan.settings, journal }),
          ({ done, total, pictures: [first] }) => bar.reach((whole.pictures * done) / total, first?.system),
        )
      : undefined;
  bar.next(whole.pictures);
  const like = pictures && likeness(pictures.pictures, (systems[0] as System).name);
  const score = clip && (await measureClipScore(job, suite, clip, pictures));
  return {
    name,
    title,
    probes,
    prompts: prompts.length,
    ...(conditioning ? { conditioning } : {}),
    ...(pictures ? { pictures } : {}),
    ...(like ? { likeness: like } : {}),
    ...(score ? { clipScore: score } : {}),
  };
}

/** Of the pictures that were recognised, else of one of each prompt. */
async function measureClipScore(
  { studio: { pipeline }, plan, systems, journal, bar }: Job,
  { prompts }: ChosenSuite,
  clip: Clip,
  recognised: Evaluation | undefined,
): Promise<ClipScoreEvaluation> {
  const judged: JudgedPicture[] = (recognised?.pictures ?? []).map(({ system, item, picture }) => {
    return { system, en: item.en, probe: item.set, picture };
  });
  if (recognised === undefined) {
    const options = { seed: 0, batch: 8, ...plan.settings, journal };
    for await (const drawn of drawPrompts(pipeline, prompts, systems, options)) {
      for (const { system, prompt, picture } of drawn) {
        judged.push({ system: system.name, en: prompt.en, probe: prompt.probe, picture });
      }
      bar.reach(judged.length * 2 * plan.settings.steps, drawn[0]?.system.name);
    }
    bar.next(judged.length * 2 * plan.settings.steps);
  }
  return finish(evaluateClipScore(clip, judged, systems));
}

/** Of a pair with one system, in calls of the U-Net: about, so that the time that is left is about right. */
const workOf = { pair: 0.05 } as const;

function totalWork(plan: EvaluationPlan, systems: number): number {
  const baselines = plan.states && plan.states.fitted.length > 0 ? 2 : 0;
  const pairs = plan.states ? plan.states.measured.length * (systems + baselines + 1) : 0;
  const suites = plan.suites.map((suite) => suiteWork(plan, suite, systems));
  const parts = suites.map(({ conditioning, pictures, judged }) => conditioning + pictures + judged);
  return parts.reduce((sum, part) => sum + part, pairs * workOf.pair);
}

/** Calls of the U-Net, each for one picture. */
function suiteWork(
  { measures: wanted, settings: { steps }, clipScore }: EvaluationPlan,
  { prompts, items }: ChosenSuite,
  systems: number,
): Record<'conditioning' | 'pictures' | 'judged', number> {
  const calls = recordedCalls(steps);
  const runs = new Set(prompts.map(({ en }) => en)).size;
  const measured = calls.length * (2 * runs + prompts.length * systems);
  const pictures = wanted.includes('pictures') ? items.length * systems * 2 * steps : 0;
  return {
    conditioning: wanted.includes('conditioning') ? runs * 2 * ((calls.at(-1) as number) + 1) + measured : 0,
    pictures,
    judged: clipScore !== undefined && pictures === 0 ? prompts.length * systems * 2 * steps : 0,
  };
}

interface WorkBar {
  /** So much of the present part is done. */
  reach(done: number, note?: string): void;
  /** A part of so much is done, and another begins. */
  next(whole: number): void;
  stop(): void;
}

function workBar(total: number): WorkBar {
  const bar = progress({
    total: Math.round(total),
    label: word('평가', 'evaluation'),
    unit: word('단위', 'units'),
  });
  let [before, shown] = [0, 0];
  const show = (done: number, note?: string) => {
    bar.tick(Math.round(done) - shown, note);
    shown = Math.round(done);
  };
  return {
    reach: (done, note) => show(before + done, note),
    next: (whole) => {
      before += whole;
      show(before);
    },
    stop: bar.stop,
  };
}
