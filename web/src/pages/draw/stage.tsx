/** The picture that is being drawn, or was drawn last, and the jobs that wait. */
import type { Picture } from '../../../../src/server/contract/gallery.ts';
import * as api from '../../api/routes.ts';
import { ErrorNote } from '../../components/errorNote.tsx';
import { Frame } from '../../components/frame.tsx';
import { Icon } from '../../components/icon.tsx';
import { JobStatus } from '../../components/jobStatus.tsx';
import { Empty } from '../../components/parts.tsx';
import { samplerTitle } from '../../components/settings.tsx';
import { Unfolding } from '../../components/unfolding.tsx';
import { hasEnded, type JobView } from '../../state/jobView.ts';
import { setParams } from '../../state/route.ts';
import { system } from '../../state/system.ts';
import { t } from '../../texts/texts.ts';

interface Props {
  readonly view: JobView | undefined;
  readonly jobs: readonly JobView[];
  readonly error: unknown;
  readonly onOpen: (picture: Picture) => void;
}

/** On a phone the picture is below the form. */
export function showStage(): void {
  const stage = document.getElementById('stage');
  if (stage && stage.getBoundingClientRect().top > innerHeight / 2) stage.scrollIntoView();
}

export function Stage({ view, jobs, error, onOpen }: Props) {
  const texts = t().draw;
  return (
    <section id="stage" class="stage" aria-label={t().pages.draw}>
      {error !== undefined && <ErrorNote error={error} />}
      {view ? (
        <>
          <Pictures view={view} onOpen={onOpen} />
          <JobStatus view={view} />
          <Caption view={view} onOpen={onOpen} />
        </>
      ) : (
        error === undefined && <Empty title={texts.emptyTitle} text={texts.emptyText} art={<Unfolding />} />
      )}
      {jobs.length > 1 && <Jobs jobs={jobs} current={view} />}
    </section>
  );
}

function Pictures({ view, onOpen }: { view: JobView; onOpen: (picture: Picture) => void }) {
  const { job } = view;
  const { request, result } = job;
  if (request.kind !== 'generate') return null;
  const side = system.value?.models[0]?.side ?? 1;
  const ratio = (request.width ?? side) / (request.height ?? side);
  const count = result?.kind === 'generate' ? result.pictures.length : request.count;
  if (result?.kind === 'generate') {
    return (
      <div class={`stage-grid ${count > 1 ? 'stage-grid-many' : ''}`}>
        {result.pictures.map((picture) => (
          <button type="button" class="frame-button" key={picture.id} onClick={() => onOpen(picture)}>
            <Frame
              src={api.pictureFile(picture)}
              alt={t().draw.picture(picture.parameters.prompt)}
              ratio={ratio}
            />
          </button>
        ))}
      </div>
    );
  }
  return (
    <div class={`stage-grid ${count > 1 ? 'stage-grid-many' : ''}`}>
      {Array.from({ length: count }, (_, index) => (
        <Frame
          key={index}
          busy={!hasEnded(job)}
          src={view.previews[0]?.[index]}
          alt={t().draw.preview(index + 1)}
          ratio={ratio}
        />
      ))}
    </div>
  );
}

/** Of pictures that are done: which ones they are, and what can be done with them. */
function Caption({ view, onOpen }: { view: JobView; onOpen: (picture: Picture) => void }) {
  const { result } = view.job;
  if (result?.kind !== 'generate') return null;
  const [first] = result.pictures;
  if (!first) return null;
  const { seed, scheduler, steps } = first.parameters;
  const facts = [
    seed === undefined ? undefined : t().draw.seedOf(seed),
    scheduler && samplerTitle(system.value, scheduler),
    steps === undefined ? undefined : t().draw.stepsOf(steps),
  ];
  return (
    <div class="stage-caption">
      <p class="quiet tabular">{facts.filter(Boolean).join(' · ')}</p>
      <button type="button" class="button button-small" onClick={() => onOpen(first)}>
        {t().gallery.details}
      </button>
      <a class="button button-small" href={api.pictureFile(first)} download={`${first.id}.png`}>
        <Icon name="download" />
        {t().common.download}
      </a>
    </div>
  );
}

function Jobs({ jobs, current }: { jobs: readonly JobView[]; current: JobView | undefined }) {
  const texts = t().draw;
  return (
    <div class="jobs">
      <h2 class="small-title">{texts.jobs}</h2>
      <ul>
        {jobs.slice(0, 8).map(({ job, progress }) => (
          <li key={job.id}>
            <button
              type="button"
              class="job"
              aria-current={job.id === current?.job.id ? 'true' : undefined}
              onClick={() => setParams({ job: job.id })}
            >
              <span class={`dot dot-${job.state}`} />
              <span class="job-prompt">
                {(job.request.kind === 'generate' && job.request.prompt) || t().gallery.noPrompt}
              </span>
              <span class="job-state">
                {job.state === 'running' && progress
                  ? t().common.of(String(progress.done), String(progress.total))
                  : texts.states[job.state]}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
