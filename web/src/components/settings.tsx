/** How a picture is drawn: what drawings, comparisons and diagnoses have in common. */
import type { Signal } from '@preact/signals';
import type { System } from '../../../src/server/contract/system.ts';
import { t } from '../texts/texts.ts';
import { SelectField, TextField } from './field.tsx';
import { Icon } from './icon.tsx';

export interface SettingsForm {
  model: string;
  seed: string;
  steps: string;
  guidance: string;
  scheduler: string;
  width: string;
  height: string;
}

interface Props<F extends SettingsForm> {
  readonly form: Signal<F>;
  readonly system: System | undefined;
  readonly errors: Partial<Record<string, string | undefined>>;
}

const numbers = ['seed', 'steps', 'guidance', 'width', 'height'] as const;

export function Settings<F extends SettingsForm>({ form, system, errors }: Props<F>) {
  const texts = t().fields;
  const model = modelOf(system, form.value.model);
  const set = (change: Partial<SettingsForm>) => {
    form.value = { ...form.value, ...change };
  };
  const defaults: Record<(typeof numbers)[number], string> = {
    seed: t().common.random,
    steps: String(model?.steps ?? ''),
    guidance: String(model?.guidance ?? ''),
    width: String(model?.side ?? ''),
    height: String(model?.side ?? ''),
  };
  return (
    <div class="settings">
      {numbers.map((name) => (
        <TextField
          key={name}
          numeric
          label={texts[name]}
          value={form.value[name]}
          placeholder={defaults[name]}
          error={errors[name]}
          onValue={(value) => set({ [name]: value })}
          extra={name === 'seed' && <Dice onSeed={(seed) => set({ seed })} />}
        />
      ))}
      <SelectField
        label={texts.scheduler}
        value={form.value.scheduler}
        error={errors['scheduler']}
        onValue={(scheduler) => set({ scheduler })}
        options={[
          {
            value: '',
            label: model ? texts.byDefault(samplerTitle(system, model.scheduler)) : texts.modelsOwn,
          },
          ...(system?.samplers ?? []).map(({ name, title }) => ({ value: name, label: title })),
        ]}
      />
      {(system?.models.length ?? 0) > 1 && (
        <SelectField
          label={texts.model}
          value={form.value.model}
          error={errors['model']}
          onValue={(value) => set({ model: value })}
          options={(system?.models ?? []).map(({ name }, index) => ({
            value: index === 0 ? '' : name,
            label: name,
          }))}
        />
      )}
    </div>
  );
}

export function modelOf(system: System | undefined, name: string): System['models'][number] | undefined {
  return system?.models.find((model) => model.name === name) ?? system?.models[0];
}

export function samplerTitle(system: System | undefined, name: string): string {
  return system?.samplers.find((sampler) => sampler.name === name)?.title ?? name;
}

/** A seed to keep, in place of one that the server draws. */
function Dice({ onSeed }: { onSeed: (seed: string) => void }) {
  return (
    <button
      type="button"
      class="icon-button icon-button-small"
      aria-label={`${t().fields.seed}: ${t().common.random}`}
      onClick={() => onSeed(String(Math.floor(Math.random() * 2 ** 32)))}
    >
      <Icon name="dice" />
    </button>
  );
}
