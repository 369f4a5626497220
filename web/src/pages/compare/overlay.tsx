/** Two pictures over each other, with a border between them that can be moved. */
import { useSignal } from '@preact/signals';
import { SelectField } from '../../components/field.tsx';
import { Frame } from '../../components/frame.tsx';
import { beforeAndAfter, type ComparedColumn } from '../../state/comparison.ts';
import { t } from '../../texts/texts.ts';
import { columnTitle } from './columnTitle.ts';

interface Props {
  readonly columns: readonly ComparedColumn[];
  /** Where each column's picture is. */
  readonly sources: readonly string[];
}

export function Overlay({ columns, sources }: Props) {
  const [before, after] = beforeAndAfter(columns);
  const left = useSignal(before);
  const right = useSignal(after);
  /** Part of the width that the left picture has. */
  const border = useSignal(0.5);
  const texts = t().compare;
  const alt = (index: number) => {
    const column = columns[index];
    return column ? columnTitle(column) : '';
  };
  return (
    <div class="overlay">
      <div class="overlay-choice">
        <Choice
          label={texts.left}
          columns={columns}
          value={left.value}
          onValue={(value) => (left.value = value)}
        />
        <Choice
          label={texts.right}
          columns={columns}
          value={right.value}
          onValue={(value) => (right.value = value)}
        />
      </div>
      <div class="overlay-pictures">
        <Frame src={sources[right.value]} alt={alt(right.value)} />
        <div class="overlay-top" style={{ clipPath: `inset(0 ${(1 - border.value) * 100}% 0 0)` }}>
          <Frame src={sources[left.value]} alt={alt(left.value)} />
        </div>
        <span class="overlay-border" style={{ left: `${border.value * 100}%` }} />
        <input
          type="range"
          class="overlay-range"
          min={0}
          max={1}
          step={0.01}
          value={border.value}
          aria-label={texts.sliderLabel}
          onInput={(event) => {
            border.value = event.currentTarget.valueAsNumber;
          }}
        />
      </div>
    </div>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly columns: readonly ComparedColumn[];
  readonly value: number;
  readonly onValue: (value: number) => void;
}

function Choice({ label, columns, value, onValue }: ChoiceProps) {
  return (
    <SelectField
      label={label}
      value={String(value)}
      onValue={(text) => onValue(Number(text))}
      options={columns.map((column, index) => ({ value: String(index), label: columnTitle(column) }))}
    />
  );
}
