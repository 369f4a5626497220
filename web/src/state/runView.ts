/** A run as the page shows it: what its events add. Pure. */
import type { EpochPoint, Run, RunEvent, StepPoint } from '../../../src/server/contract/workbench.ts';

/** More points than this are thinned, as the server does. */
export const MOST_POINTS = 2000;

export function afterRunEvent(run: Run | undefined, event: RunEvent): Run | undefined {
  if (event.kind === 'run') return event.run;
  if (!run) return undefined;
  switch (event.kind) {
    case 'summary':
      return { ...run, ...event.summary };
    case 'step':
      return {
        ...run,
        step: Math.max(run.step, event.step.step),
        steps: thin([...newer(run.steps, event.step), event.step]),
      };
    case 'epoch':
      return { ...run, epochsDone: [...newer(run.epochsDone, event.epoch), event.epoch] };
    case 'sample':
      return { ...run, samples: [...new Set([...run.samples, event.epoch])].sort((a, b) => a - b) };
  }
}

/** Points before `next`: a run that goes on from a checkpoint repeats steps. */
function newer<P extends { readonly step: number }>(points: readonly P[], next: P): P[] {
  return points.filter((point) => point.step < next.step);
}

function thin(points: StepPoint[]): StepPoint[] {
  if (points.length <= MOST_POINTS) return points;
  return points.filter((_, index) => index % 2 === points.length % 2);
}

export interface LossCurves {
  readonly steps: number[];
  readonly trainEn: (number | null)[];
  readonly trainKo: (number | null)[];
  readonly validEn: (number | null)[];
  readonly validKo: (number | null)[];
}

/** Columns over the steps of both kinds of points; null where a curve has none. */
export function lossCurves(steps: readonly StepPoint[], epochs: readonly EpochPoint[]): LossCurves {
  const train = new Map(steps.map((point) => [point.step, point]));
  const valid = new Map(epochs.map((point) => [point.step, point.validation]));
  const all = [...new Set([...train.keys(), ...valid.keys()])].sort((a, b) => a - b);
  return {
    steps: all,
    trainEn: all.map((step) => positive(train.get(step)?.lossEn)),
    trainKo: all.map((step) => positive(train.get(step)?.lossKo)),
    validEn: all.map((step) => positive(valid.get(step)?.lossEn)),
    validKo: all.map((step) => positive(valid.get(step)?.lossKo)),
  };
}

/** The axis is logarithmic. */
function positive(value: number | null | undefined): number | null {
  return value !== null && value !== undefined && value > 0 ? value : null;
}

export function canStop(run: { readonly state: Run['state'] }): boolean {
  return run.state === 'running' || run.state === 'waiting';
}

export function canResume(run: { readonly state: Run['state'] }): boolean {
  return run.state === 'stopped' || run.state === 'failed';
}
