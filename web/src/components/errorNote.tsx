/** A failure: what is wrong, what to do, and where it can be tried again. A missing API key can be given here. */
import { useSignal } from '@preact/signals';
import { setKey } from '../api/http.ts';
import { ApiError } from '../api/problem.ts';
import { sentences } from '../texts/failures.ts';
import { t } from '../texts/texts.ts';
import { Icon } from './icon.tsx';

interface Props {
  readonly error: unknown;
  readonly onRetry?: (() => void) | undefined;
}

export function ErrorNote({ error, onRetry }: Props) {
  const { problem, remedy } = sentences(error);
  return (
    <div class="note note-error" role="alert">
      <Icon name="alert" />
      <div class="note-body">
        <p class="note-title">{problem}</p>
        {remedy && <p>{remedy}</p>}
        {error instanceof ApiError && error.status === 401 ? (
          <KeyForm onDone={onRetry ?? (() => location.reload())} />
        ) : (
          onRetry && (
            <button type="button" class="button button-small" onClick={onRetry}>
              {t().common.retry}
            </button>
          )
        )}
      </div>
    </div>
  );
}

function KeyForm({ onDone }: { onDone: () => void }) {
  const key = useSignal('');
  return (
    <form
      class="key-form"
      onSubmit={(event) => {
        event.preventDefault();
        setKey(key.value.trim());
        onDone();
      }}
    >
      <label class="field">
        <span class="field-label">{t().errors.key}</span>
        <input
          type="password"
          autocomplete="off"
          value={key.value}
          onInput={(event) => {
            key.value = event.currentTarget.value;
          }}
        />
        <span class="field-hint">{t().errors.keyHint}</span>
      </label>
      <button type="submit" class="button button-small">
        {t().errors.keySend}
      </button>
    </form>
  );
}
