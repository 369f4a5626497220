/** Why a student drew what it drew: where in the picture each word was read. */
import { useSignal } from '@preact/signals';
import type { Job, JobResult } from '../../../../src/server/contract/job.ts';
import * as api from '../../api/routes.ts';
import { ErrorNote } from '../../components/errorNote.tsx';
import { SelectField } from '../../components/field.tsx';
import { Frame } from '../../components/frame.tsx';
import { HeatMap } from '../../components/heatMap.tsx';
import { JobStatus } from '../../components/jobStatus.tsx';
import { diagnoseRequest } from '../../state/compareForm.ts';
import { submit } from '../../state/jobs.ts';
import type { JobView } from '../../state/jobView.ts';
import { namesOf } from '../../state/names.ts';
import { setParams } from '../../state/route.ts';
import { system } from '../../state/system.ts';
import { percent, t } from '../../texts/texts.ts';
import { Recovered } from './recovered.tsx';

export function Diagnosis({ compared, view }: { compared: Job; view: JobView | undefined }) {
  const texts = t().compare;
  const { students } = namesOf(system.value);
  const student = useSignal('');
  const refused = useSignal<unknown>(undefined);
  if (compared.request.kind !== 'compare' || compared.state !== 'done') return null;
  const { ko, en, seed, steps, guidance, scheduler, width, height, model } = compared.request;
  const start = async () => {
    refused.value = undefined;
    try {
      const settings = { seed, steps, guidance, scheduler, width, height, model };
      const name = student.value || (students[0] ?? 'none');
      const job = await submit(diagnoseRequest({ ko, en }, name, settings));
      setParams({ job: compared.id, diagnosis: job.id });
    } catch (error) {
      refused.value = error;
    }
  };
  return (
    <section class="section diagnosis" aria-labelledby="diagnosis-title">
      <header class="section-head">
        <h2 id="diagnosis-title">{texts.diagnose}</h2>
        <p class="quiet">{texts.diagnoseIntro}</p>
      </header>
      <div class="row diagnosis-start">
        <SelectField
          label={t().fields.student}
          value={student.value || (students[0] ?? 'none')}
          onValue={(value) => {
            student.value = value;
          }}
          options={[
            ...students.map((name) => ({ value: name, label: name })),
            { value: 'none', label: t().fields.original },
          ]}
        />
        <button type="button" class="button" onClick={() => void start()}>
          {texts.diagnoseStart}
        </button>
      </div>
      {refused.value !== undefined && <ErrorNote error={refused.value} />}
      {view && <JobStatus view={view} />}
      {view?.job.result?.kind === 'diagnose' && <Words result={view.job.result} />}
    </section>
  );
}

function Words({ result }: { result: Extract<JobResult, { kind: 'diagnose' }> }) {
  const texts = t().compare;
  const chosen = useSignal(0);
  const word = result.words[chosen.value];
  if (!word) return <p class="quiet">{texts.noWords}</p>;
  return (
    <div class="words">
      <Frame src={api.pictureFile(result.picture)} alt={t().draw.picture(result.picture.parameters.prompt)}>
        <HeatMap
          heat={word.heat}
          width={result.width}
          height={result.height}
          label={texts.heatOf(word.text)}
        />
      </Frame>
      <div class="words-side">
        <ul class="words-list" aria-label={texts.word}>
          {result.words.map(({ text, share }, index) => (
            <li key={`${index} ${text}`}>
              <button
                type="button"
                class="chip chip-word"
                aria-pressed={index === chosen.value}
                onClick={() => {
                  chosen.value = index;
                }}
              >
                <span>{text}</span>
                <span class="tabular quiet">{percent(share)}</span>
              </button>
            </li>
          ))}
        </ul>
        {result.recovered && <Recovered parts={result.recovered} />}
        <a href={result.report.replace(/^\//, '')} target="_blank" rel="noreferrer">
          {texts.report}
        </a>
      </div>
    </div>
  );
}
