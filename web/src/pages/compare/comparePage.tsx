/** 비교: one prompt, several encoders, the same noise. */
import { computed, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ErrorNote } from '../../components/errorNote.tsx';
import { JobStatus } from '../../components/jobStatus.tsx';
import { Empty } from '../../components/parts.tsx';
import { Unfolding } from '../../components/unfolding.tsx';
import { jobView, recall, watchedJobs } from '../../state/jobs.ts';
import { route } from '../../state/route.ts';
import { t } from '../../texts/texts.ts';
import { CompareForm } from './compareForm.tsx';
import { Comparison } from './comparison.tsx';
import { Diagnosis } from './diagnosis.tsx';

const comparisons = computed(() => watchedJobs.value.filter((view) => view.job.request.kind === 'compare'));

export function ComparePage() {
  const lost = useSignal<unknown>(undefined);
  const { job, diagnosis } = route.value.params;
  useEffect(() => {
    lost.value = undefined;
    for (const id of [job, diagnosis]) {
      if (!id) continue;
      recall(id).catch((error: unknown) => {
        lost.value = error;
      });
    }
  }, [job, diagnosis]);
  const view = jobView(job) ?? (job ? undefined : comparisons.value[0]);
  const texts = t().compare;
  return (
    <>
      <header class="page-head">
        <div>
          <h1>{texts.title}</h1>
          <p>{texts.intro}</p>
        </div>
      </header>
      <CompareForm />
      {lost.value !== undefined && <ErrorNote error={lost.value} />}
      {view ? (
        <>
          <JobStatus view={view} />
          <Comparison view={view} />
          <Diagnosis compared={view.job} view={jobView(diagnosis)} />
        </>
      ) : (
        lost.value === undefined && (
          <div class="stage-empty">
            <Empty title={texts.emptyTitle} text={texts.emptyText} art={<Unfolding />} />
          </div>
        )
      )}
    </>
  );
}
