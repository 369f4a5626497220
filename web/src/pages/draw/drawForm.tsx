/** What is to be drawn, and how. */
import { ErrorNote } from '../../components/errorNote.tsx';
import { SelectField, TextField } from '../../components/field.tsx';
import { modelOf, Settings } from '../../components/settings.tsx';
import { Unfold } from '../../components/unfold.tsx';
import { drawForm, drawRequest, emptyDrawForm } from '../../state/drawForm.ts';
import { setParams } from '../../state/route.ts';
import { language } from '../../state/settings.ts';
import { system, systemState } from '../../state/system.ts';
import { useSubmission } from '../../state/useSubmission.ts';
import { t } from '../../texts/texts.ts';
import { OpenPng } from './dropTarget.tsx';
import { showStage } from './stage.tsx';

export function DrawForm() {
  const form = drawForm.value;
  const { request, errors } = drawRequest(form, system.value?.limits);
  const submission = useSubmission(drawForm, request, (job) => {
    setParams({ job: job.id });
    showStage();
  });
  const allErrors: Partial<Record<string, string>> = { ...errors, ...submission.fieldErrors };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void submission.send();
  };
  const texts = t();
  return (
    <form
      class="studio-form"
      onSubmit={(event) => {
        event.preventDefault();
        void submission.send();
      }}
    >
      <h1>{texts.draw.title}</h1>
      <TextField
        large
        rows={3}
        label={texts.fields.prompt}
        value={form.prompt}
        placeholder={texts.draw.placeholder}
        error={allErrors['prompt']}
        onKeyDown={onKeyDown}
        onValue={(prompt) => (drawForm.value = { ...drawForm.value, prompt })}
      />
      <Examples />
      <button
        type="submit"
        class="button button-primary button-wide"
        disabled={!request || submission.sending}
      >
        {submission.sending ? texts.draw.submitting : texts.draw.submit}
        <kbd>{texts.draw.shortcut}</kbd>
      </button>
      {submission.refused !== undefined && (
        <ErrorNote error={submission.refused} onRetry={() => void submission.send()} />
      )}
      {systemState.state.value.error !== undefined && (
        <ErrorNote error={systemState.state.value.error} onRetry={() => void systemState.load()} />
      )}
      <More errors={allErrors} onKeyDown={onKeyDown} />
    </form>
  );
}

/** What most drawings leave to the model. */
function More(props: { errors: Partial<Record<string, string>>; onKeyDown: (event: KeyboardEvent) => void }) {
  const texts = t();
  const form = drawForm.value;
  return (
    <Unfold name="draw-settings" title={texts.draw.settings} force={Object.keys(props.errors).length > 0}>
      <TextField
        rows={2}
        label={texts.fields.negativePrompt}
        value={form.negativePrompt}
        error={props.errors['negativePrompt']}
        onKeyDown={props.onKeyDown}
        onValue={(negativePrompt) => (drawForm.value = { ...drawForm.value, negativePrompt })}
      />
      <div class="settings">
        <StudentField error={props.errors['student']} />
        <TextField
          numeric
          label={texts.fields.count}
          value={form.count}
          placeholder="1"
          error={props.errors['count']}
          onValue={(count) => (drawForm.value = { ...drawForm.value, count })}
        />
      </div>
      <Settings form={drawForm} system={system.value} errors={props.errors} />
      <div class="row">
        <OpenPng />
        <button
          type="button"
          class="text-button"
          onClick={() => (drawForm.value = { ...emptyDrawForm, prompt: form.prompt })}
        >
          {texts.draw.reset}
        </button>
      </div>
    </Unfold>
  );
}

function StudentField({ error }: { error: string | undefined }) {
  const texts = t().fields;
  const students = system.value?.students ?? [];
  return (
    <SelectField
      label={texts.student}
      value={drawForm.value.student}
      error={error}
      onValue={(student) => (drawForm.value = { ...drawForm.value, student })}
      options={[
        ...students.map(({ name }, index) => ({ value: index === 0 ? '' : name, label: name })),
        { value: 'none', label: texts.original },
      ]}
    />
  );
}

/** Prompts that this model draws well. */
function Examples() {
  const examples = modelOf(system.value, drawForm.value.model)?.examples ?? [];
  if (examples.length === 0) return null;
  return (
    <ul class="chips" aria-label={t().draw.examples}>
      {examples.slice(0, 6).map((example) => {
        const text = example[language.value];
        return (
          <li key={example.ko}>
            <button
              type="button"
              class="chip"
              onClick={() => (drawForm.value = { ...drawForm.value, prompt: text })}
            >
              {text}
            </button>
          </li>
        );
      })}
    </ul>
  );
}
