/** One run: how far it is, its curves, its samples, and its experiment. */
import { useSignal } from '@preact/signals';
import type { Run } from '../../../../src/server/contract/workbench.ts';
import * as api from '../../api/routes.ts';
import { ErrorNote } from '../../components/errorNote.tsx';
import { ProgressBar, Skeleton } from '../../components/parts.tsx';
import { Unfold } from '../../components/unfold.tsx';
import { runList } from '../../state/runs.ts';
import { canResume, canStop } from '../../state/runView.ts';
import { useRun } from '../../state/useRun.ts';
import { duration, number, t } from '../../texts/texts.ts';
import { Curves } from './curves.tsx';
import { Samples } from './samples.tsx';

export function RunView({ name }: { name: string }) {
  const round = useSignal(0);
  const { run, connected, error } = useRun(name, round.value).value;
  const texts = t().training;
  const again = () => {
    round.value++;
    void runList.load();
  };
  if (error !== undefined && !run) return <ErrorNote error={error} onRetry={again} />;
  if (!run) return <Skeleton rows={5} />;
  return (
    <article class="run">
      <RunHead run={run} onChange={again} />
      {!connected && (
        <p class="note" role="status">
          {t().common.reconnecting}
        </p>
      )}
      {run.failure && <ErrorNote error={run.failure} />}
      <Curves run={run} />
      <Samples run={run} />
      <Unfold name="run-experiment" title={texts.experiment}>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls is scrolled by keys. */}
        <pre class="code" tabIndex={0}>
          {run.text}
        </pre>
      </Unfold>
    </article>
  );
}

function RunHead({ run, onChange }: { run: Run; onChange: () => void }) {
  const texts = t().training;
  const refused = useSignal<unknown>(undefined);
  const busy = useSignal(false);
  const act = async (action: (name: string) => Promise<unknown>) => {
    busy.value = true;
    refused.value = undefined;
    try {
      await action(run.name);
      onChange();
    } catch (error) {
      refused.value = error;
    } finally {
      busy.value = false;
    }
  };
  const total = run.totalSteps;
  const part = total ? run.step / total : run.epoch / Math.max(1, run.epochs);
  return (
    <header class="run-head">
      <div class="row row-apart">
        <div>
          <h2>{run.name}</h2>
          <p class="run-state" role="status">
            <span class={`dot dot-${run.state}`} />
            {texts.states[run.state]} · {run.student}
          </p>
        </div>
        {canStop(run) && (
          <button type="button" class="button" disabled={busy.value} onClick={() => void act(api.stopRun)}>
            {texts.stop}
          </button>
        )}
        {canResume(run) && (
          <button
            type="button"
            class="button button-primary"
            disabled={busy.value}
            onClick={() => void act(api.resumeRun)}
          >
            {texts.resume}
          </button>
        )}
      </div>
      <ProgressBar value={Math.min(1, part)} label={texts.states[run.state]} />
      <p class="quiet tabular run-numbers">
        <span>{texts.epoch(run.epoch, run.epochs)}</span>
        <span>{texts.step(number(run.step), total ? number(total) : '')}</span>
        {run.etaSeconds !== undefined && <span>{t().common.left(duration(run.etaSeconds))}</span>}
      </p>
      {refused.value !== undefined && <ErrorNote error={refused.value} />}
    </header>
  );
}
