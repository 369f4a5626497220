/** A failure: what is wrong, what to do, and where it can be tried again. */
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
        {onRetry && (
          <button type="button" class="button button-small" onClick={onRetry}>
            {t().common.retry}
          </button>
        )}
      </div>
    </div>
  );
}
