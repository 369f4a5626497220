/** The two prompts, the students, and how to draw. */
import { ErrorNote } from '../../components/errorNote.tsx';
import { TextField } from '../../components/field.tsx';
import { modelOf, Settings } from '../../components/settings.tsx';
import { Unfold } from '../../components/unfold.tsx';
import { compareForm, compareRequest } from '../../state/compareForm.ts';
import { namesOf } from '../../state/names.ts';
import { setParams } from '../../state/route.ts';
import { system, systemState } from '../../state/system.ts';
import { useSubmission } from '../../state/useSubmission.ts';
import { t } from '../../texts/texts.ts';

export function CompareForm() {
  const form = compareForm.value;
  const { students } = namesOf(system.value);
  const { request, errors } = compareRequest(form, students, system.value?.limits);
  const submission = useSubmission(compareForm, request, (job) =>
    setParams({ job: job.id, diagnosis: undefined }),
  );
  const allErrors: Partial<Record<string, string>> = { ...errors, ...submission.fieldErrors };
  const texts = t();
  return (
    <form
      class="compare-form panel"
      onSubmit={(event) => {
        event.preventDefault();
        void submission.send();
      }}
    >
      <div class="compare-prompts">
        <TextField
          label={texts.compare.ko}
          lang="ko"
          value={form.ko}
          placeholder={modelOf(system.value, form.model)?.examples[0]?.ko}
          error={allErrors['ko']}
          onValue={(ko) => {
            compareForm.value = { ...compareForm.value, ko };
          }}
        />
        <TextField
          label={texts.compare.en}
          lang="en"
          value={form.en}
          placeholder={modelOf(system.value, form.model)?.examples[0]?.en}
          hint={form.en ? undefined : texts.compare.enHint}
          error={allErrors['en']}
          onValue={(en) => {
            compareForm.value = { ...compareForm.value, en };
          }}
        />
        <button type="submit" class="button button-primary" disabled={!request || submission.sending}>
          {submission.sending ? texts.draw.submitting : texts.compare.submit}
        </button>
      </div>
      <Examples />
      <Students students={students} />
      <Unfold name="compare-settings" title={texts.draw.settings}>
        <Settings form={compareForm} system={system.value} errors={allErrors} />
      </Unfold>
      {submission.refused !== undefined && (
        <ErrorNote error={submission.refused} onRetry={() => void submission.send()} />
      )}
      {systemState.state.value.error !== undefined && (
        <ErrorNote error={systemState.state.value.error} onRetry={() => void systemState.load()} />
      )}
    </form>
  );
}

function Examples() {
  const examples = modelOf(system.value, compareForm.value.model)?.examples ?? [];
  return (
    <ul class="chips" aria-label={t().draw.examples}>
      {examples.slice(0, 5).map(({ ko, en }) => (
        <li key={ko}>
          <button
            type="button"
            class="chip"
            onClick={() => {
              compareForm.value = { ...compareForm.value, ko, en };
            }}
          >
            {ko}
          </button>
        </li>
      ))}
    </ul>
  );
}

function Students({ students }: { students: readonly string[] }) {
  const { without } = compareForm.value;
  if (students.length < 2) return null;
  return (
    <fieldset class="row">
      <legend class="field-label">{t().compare.students}</legend>
      {students.map((name) => (
        <label class="check" key={name}>
          <input
            type="checkbox"
            checked={!without.includes(name)}
            onChange={(event) => {
              const others = without.filter((other) => other !== name);
              compareForm.value = {
                ...compareForm.value,
                without: event.currentTarget.checked ? others : [...others, name],
              };
            }}
          />
          {name}
        </label>
      ))}
    </fieldset>
  );
}
