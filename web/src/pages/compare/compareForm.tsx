/** The two prompts, the students, and how to draw. */
import { useSignal, useSignalEffect } from '@preact/signals';
import { ApiError } from '../../api/problem.ts';
import { ErrorNote } from '../../components/errorNote.tsx';
import { TextField } from '../../components/field.tsx';
import { modelOf, Settings } from '../../components/settings.tsx';
import { Unfold } from '../../components/unfold.tsx';
import { compareForm, compareRequest } from '../../state/compareForm.ts';
import { submit } from '../../state/jobs.ts';
import { namesOf } from '../../state/names.ts';
import { setParams } from '../../state/route.ts';
import { system, systemState } from '../../state/system.ts';
import { sentences } from '../../texts/failures.ts';
import { t } from '../../texts/texts.ts';

export function CompareForm() {
  const sending = useSignal(false);
  const refused = useSignal<unknown>(undefined);
  const form = compareForm.value;
  const { students } = namesOf(system.value);
  const { request, errors } = compareRequest(form, students, system.value?.limits);
  const field = refused.value instanceof ApiError ? refused.value.field : undefined;
  const allErrors: Partial<Record<string, string>> = field
    ? { ...errors, [field]: sentences(refused.value).problem }
    : errors;
  useSignalEffect(() => {
    // What was refused is not what stands there now.
    if (compareForm.value) refused.value = undefined;
  });
  const texts = t();

  const send = async () => {
    if (!request || sending.value) return;
    sending.value = true;
    refused.value = undefined;
    try {
      const job = await submit(request);
      setParams({ job: job.id, diagnosis: undefined });
    } catch (error) {
      refused.value = error;
    } finally {
      sending.value = false;
    }
  };
  return (
    <form
      class="compare-form panel"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
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
        <button type="submit" class="button button-primary" disabled={!request || sending.value}>
          {sending.value ? texts.draw.submitting : texts.compare.submit}
        </button>
      </div>
      <Examples />
      <Students students={students} />
      <Unfold name="compare-settings" title={texts.draw.settings}>
        <Settings form={compareForm} system={system.value} errors={allErrors} />
      </Unfold>
      {refused.value !== undefined && <ErrorNote error={refused.value} onRetry={() => void send()} />}
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
