/** A new run: an experiment to start from, its fields, and what it will cost. */
import { useEffect } from 'preact/hooks';
import type { Estimate } from '../../../../src/server/contract/workbench.ts';
import * as api from '../../api/routes.ts';
import { ErrorNote } from '../../components/errorNote.tsx';
import { SelectField, TextField } from '../../components/field.tsx';
import { Facts, Skeleton } from '../../components/parts.tsx';
import { type ExperimentField, readField, writeField } from '../../state/experimentText.ts';
import { check, checked, draft, start, write } from '../../state/newRun.ts';
import { go } from '../../state/route.ts';
import { runList } from '../../state/runs.ts';
import { system } from '../../state/system.ts';
import { useRemote } from '../../state/useRemote.ts';
import { bytes, duration, number, t } from '../../texts/texts.ts';

/** Needs nothing but what the package has. */
const READY = 'emoji-roberta';

export function NewRun() {
  const texts = t().training;
  const list = useRemote(api.experiments, 'experiments');
  const { value, error } = list.state.value;
  const experiments = value?.experiments;
  useEffect(() => {
    const first = experiments?.find(({ name }) => name === READY) ?? experiments?.[0];
    if (first && draft.value.text === '') draft.value = { from: first.name, text: first.text };
  }, [experiments]);
  if (system.value?.training === false) return <p class="note">{texts.forbidden}</p>;
  if (error !== undefined) return <ErrorNote error={error} onRetry={() => void list.load()} />;
  if (!experiments) return <Skeleton rows={6} />;
  const { busy } = checked.value;
  return (
    <form
      class="panel new-run"
      onSubmit={(event) => {
        event.preventDefault();
        void start().then((name) => {
          if (name === undefined) return;
          void runList.load();
          go('training', name);
        });
      }}
    >
      <h2>{texts.newRun}</h2>
      <SelectField
        label={texts.from}
        value={draft.value.from}
        onValue={(from) => {
          const chosen = experiments.find(({ name }) => name === from);
          if (!chosen) return;
          write(chosen.text);
          draft.value = { ...draft.value, from };
        }}
        options={experiments.map(({ name }) => ({ value: name, label: name }))}
      />
      <div class="settings">
        <YamlField field="name" label={texts.name} />
        <YamlField field="epochs" label={texts.epochs} numeric />
        <YamlField field="batchSize" label={texts.batchSize} numeric />
        <YamlField field="learningRate" label={texts.rate} numeric />
      </div>
      <TextField mono rows={16} label={texts.text} value={draft.value.text} onValue={write} />
      <Outcome />
      <div class="row">
        <button type="submit" class="button button-primary" disabled={busy !== undefined}>
          {busy === 'start' ? texts.starting : texts.start}
        </button>
        <button type="button" class="button" disabled={busy !== undefined} onClick={() => void check()}>
          {busy === 'check' ? texts.checking : texts.check}
        </button>
      </div>
    </form>
  );
}

function YamlField({ field, label, numeric }: { field: ExperimentField; label: string; numeric?: boolean }) {
  const value = readField(draft.value.text, field);
  if (value === undefined) return null;
  return (
    <TextField
      label={label}
      numeric={numeric ?? false}
      value={value}
      onValue={(text) => write(writeField(draft.value.text, field, text))}
    />
  );
}

function Outcome() {
  const { error, estimate } = checked.value;
  if (error !== undefined) return <ErrorNote error={error} />;
  if (!estimate) return null;
  return (
    <div class="note estimate" role="status">
      <p class="note-title">{t().training.good}</p>
      <Facts facts={factsOf(estimate)} />
    </div>
  );
}

function factsOf(estimate: Estimate): [string, string][] {
  const texts = t().training.estimateOf;
  return [
    [texts.time, duration(estimate.seconds)],
    [texts.steps, number(estimate.steps)],
    [texts.memory, bytes(estimate.memory)],
    [texts.disk, bytes(estimate.disk)],
    [texts.train, number(estimate.trainPairs)],
    [texts.valid, number(estimate.validationPairs)],
  ];
}
