/** How far a job is, how long it takes, and how to stop it; or why it ended without a result. */
import { useSignal } from '@preact/signals';
import { cancel } from '../state/jobs.ts';
import { fraction, hasEnded, type JobView } from '../state/jobView.ts';
import { duration, t } from '../texts/texts.ts';
import { ErrorNote } from './errorNote.tsx';
import { ProgressBar } from './parts.tsx';

export function JobStatus({ view }: { view: JobView }) {
  const refused = useSignal<unknown>(undefined);
  const { job } = view;
  if (view.error !== undefined && !hasEnded(job)) return <ErrorNote error={view.error} />;
  if (job.state === 'failed') return <ErrorNote error={job.failure} />;
  if (job.state === 'cancelled') return <p class="quiet">{t().draw.cancelled}</p>;
  if (job.state === 'done') {
    const warnings = job.result?.kind === 'generate' ? job.result.warnings : [];
    return (
      <>
        <p class="visually-hidden" role="status">
          {t().draw.states.done}
        </p>
        {warnings.map((warning) => (
          <p class="note" key={warning}>
            {warning}
          </p>
        ))}
      </>
    );
  }
  return (
    <div class="job-status">
      <ProgressBar value={job.state === 'running' ? fraction(view.progress) : 0} label={label(view)} />
      <div class="job-status-line">
        <p role="status">{label(view)}</p>
        <p class="quiet tabular">{remaining(view)}</p>
        <button
          type="button"
          class="button button-small"
          onClick={() => {
            cancel(job.id).catch((error: unknown) => {
              refused.value = error;
            });
          }}
        >
          {t().common.cancel}
        </button>
      </div>
      {refused.value !== undefined && <ErrorNote error={refused.value} />}
    </div>
  );
}

/** Without numbers that change, so that a screen reader hears stages, not steps. */
function label({ job, progress, connected }: JobView): string {
  if (!connected) return t().common.reconnecting;
  if (job.state === 'queued') return t().draw.queued(job.position ?? 0);
  return t().draw.stages[progress?.stage ?? 'opening'];
}

function remaining({ job, progress, etaSeconds }: JobView): string {
  const steps =
    job.state === 'running' && progress ? t().common.of(String(progress.done), String(progress.total)) : '';
  const time = etaSeconds === undefined ? '' : t().common.left(duration(etaSeconds));
  return [steps, time].filter(Boolean).join(' · ');
}
