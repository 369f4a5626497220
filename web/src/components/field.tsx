/** Labelled controls of a form: the label, a hint or what is wrong, and how a screen reader hears of both. */
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { t } from '../texts/texts.ts';

interface Common {
  readonly label: string;
  readonly hint?: string | undefined;
  /** Key of a text of `errors`, or a sentence of the server. */
  readonly error?: string | undefined;
}

interface TextProps extends Common {
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly placeholder?: string | undefined;
  readonly lang?: string;
  readonly rows?: number;
  readonly large?: boolean;
  readonly numeric?: boolean;
  readonly mono?: boolean;
  readonly onKeyDown?: (event: KeyboardEvent) => void;
  readonly extra?: ComponentChildren;
}

export function TextField(props: TextProps) {
  const { value, onValue, placeholder, rows, lang, numeric, onKeyDown } = props;
  const id = useId();
  const common = {
    id,
    value,
    placeholder,
    lang,
    spellcheck: false,
    'aria-invalid': props.error ? true : undefined,
    'aria-describedby': props.error || props.hint ? `${id}-note` : undefined,
    onKeyDown,
  };
  return (
    <div class={`field ${props.large ? 'field-large' : ''} ${props.mono ? 'field-mono' : ''}`}>
      <div class="field-head">
        <label class="field-label" for={id}>
          {props.label}
        </label>
        {props.extra}
      </div>
      {rows ? (
        <textarea {...common} rows={rows} onInput={(event) => onValue(event.currentTarget.value)} />
      ) : (
        <input
          {...common}
          type="text"
          inputMode={numeric ? 'decimal' : 'text'}
          autocomplete="off"
          onInput={(event) => onValue(event.currentTarget.value)}
        />
      )}
      <Note id={id} {...props} />
    </div>
  );
}

interface SelectProps extends Common {
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly options: readonly { readonly value: string; readonly label: string }[];
}

export function SelectField({ label, value, onValue, options, ...rest }: SelectProps) {
  const id = useId();
  return (
    <div class="field">
      <div class="field-head">
        <label class="field-label" for={id}>
          {label}
        </label>
      </div>
      <select id={id} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value} selected={option.value === value}>
            {option.label}
          </option>
        ))}
      </select>
      <Note id={id} {...rest} />
    </div>
  );
}

function Note({ id, hint, error }: { id: string; hint?: string | undefined; error?: string | undefined }) {
  if (!error && !hint) return null;
  const known = t().errors as Readonly<Record<string, unknown>>;
  const sentence = error && typeof known[error] === 'string' ? (known[error] as string) : error;
  return (
    <p id={`${id}-note`} class={error ? 'field-error' : 'field-hint'}>
      {sentence ?? hint}
    </p>
  );
}
