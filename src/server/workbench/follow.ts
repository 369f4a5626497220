/**
 * A run as it goes on, whoever trains it: what its folder tells, again and again.
 */
import { tailMetrics } from '../../distillation/metricsTail.ts';
import type { RunEvent, RunSummary } from '../contract/workbench.ts';
import { changes } from './changes.ts';
import type { Entry } from './names.ts';
import { epochPoint, type OwnState, runOf, samplesOf, stepPoint, summaryOf } from './runs.ts';

/** `run` first, and again where a run that goes on took steps back; then what is new, until the signal comes. */
export async function* runEvents(
  run: Entry,
  own: OwnState,
  signal: AbortSignal,
): AsyncGenerator<RunEvent, void, void> {
  const tail = tailMetrics(run.path);
  let before: RunSummary | undefined;
  let drawn: readonly number[] = [];
  for await (const _ of changes(run.path, { signal })) {
    const { restarted, metrics } = await tail.read();
    const summary = await summaryOf(run, own);
    if (before === undefined || restarted) {
      const all = await runOf(summary, run.path, metrics);
      drawn = all.samples;
      yield { kind: 'run', run: all };
    } else {
      for (const metric of metrics) {
        if (metric.kind === 'step') yield { kind: 'step', step: stepPoint(metric) };
        else yield { kind: 'epoch', epoch: epochPoint(metric) };
      }
      const samples = await samplesOf(run.path);
      for (const epoch of samples) if (!drawn.includes(epoch)) yield { kind: 'sample', epoch };
      drawn = samples;
      if (JSON.stringify(summary) !== JSON.stringify(before)) yield { kind: 'summary', summary };
    }
    before = summary;
  }
}
