/** The pictures of a comparison: side by side or over each other, at any step from noise to picture. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import * as api from '../../api/routes.ts';
import { Frame } from '../../components/frame.tsx';
import { Segments } from '../../components/parts.tsx';
import {
  type ColumnTitle,
  type ComparedColumn,
  comparedColumns,
  expectedColumns,
  ofLanguage,
  previewAt,
  previewSteps,
} from '../../state/comparison.ts';
import { hasEnded, type JobView } from '../../state/jobView.ts';
import { namesOf } from '../../state/names.ts';
import { system } from '../../state/system.ts';
import { t } from '../../texts/texts.ts';
import { columnTitle } from './columnTitle.ts';
import { Overlay } from './overlay.tsx';

interface Prompts {
  readonly ko: string;
  readonly en?: string | undefined;
}

export function Comparison({ view }: { view: JobView }) {
  const columns = comparedColumns(view.job);
  if (view.job.request.kind !== 'compare') return null;
  if (columns)
    return <Drawn key={view.job.id} job={view.job.id} columns={columns} prompts={view.job.request} />;
  if (hasEnded(view.job)) return null;
  const expected = expectedColumns(view.job.request, namesOf(system.value).students);
  return (
    <Matrix
      columns={expected}
      prompts={view.job.request}
      picture={(index) => <Frame busy src={view.previews[index]?.[0]} alt={t().draw.preview(index + 1)} />}
    />
  );
}

interface DrawnProps {
  readonly job: string;
  readonly columns: readonly ComparedColumn[];
  readonly prompts: Prompts;
}

function Drawn({ job, columns, prompts }: DrawnProps) {
  const steps = previewSteps(columns);
  const mode = useSignal<'sideBySide' | 'slider'>('sideBySide');
  /** Index in `steps`; behind the last one stand the pictures themselves. */
  const at = useSignal(steps.length);
  const step = steps[at.value];
  const texts = t().compare;
  const sources = columns.map((column, index) => {
    const shown = step === undefined ? undefined : previewAt(column, step);
    return shown === undefined ? api.pictureFile(column.picture) : api.jobPreview(job, index, shown);
  });
  return (
    <section class="section" aria-label={texts.title}>
      <div class="row row-apart">
        <Segments
          label={texts.title}
          value={mode.value}
          options={[
            { value: 'sideBySide', label: texts.sideBySide },
            { value: 'slider', label: texts.slider },
          ]}
          onValue={(value) => {
            mode.value = value;
          }}
        />
        {steps.length > 0 && (
          <StepSlider
            steps={steps}
            at={at.value}
            onAt={(value) => {
              at.value = value;
            }}
            onReady={() => preload(job, columns)}
          />
        )}
      </div>
      {mode.value === 'slider' ? (
        <Overlay columns={columns} sources={sources} />
      ) : (
        <Matrix
          columns={columns}
          prompts={prompts}
          picture={(index, column) => (
            <Frame src={sources[index]} alt={`${columnTitle(column)}: ${prompts[column.language] ?? ''}`} />
          )}
        />
      )}
    </section>
  );
}

interface StepSliderProps {
  readonly steps: readonly number[];
  readonly at: number;
  readonly onAt: (at: number) => void;
  readonly onReady: () => void;
}

function StepSlider({ steps, at, onAt, onReady }: StepSliderProps) {
  const id = useId();
  const texts = t().compare;
  const last = steps.at(-1) ?? 0;
  const text = texts.stepOf(steps[at] ?? last, last);
  return (
    <div class="step-slider">
      <label for={id}>{texts.step}</label>
      <input
        id={id}
        type="range"
        min={0}
        max={steps.length}
        value={at}
        aria-valuetext={text}
        onPointerEnter={onReady}
        onFocus={onReady}
        onInput={(event) => onAt(event.currentTarget.valueAsNumber)}
      />
      <output class="tabular" for={id}>
        {text}
      </output>
    </div>
  );
}

/** Fetches what the slider will show, so that it moves without waiting. */
function preload(job: string, columns: readonly ComparedColumn[]): void {
  columns.forEach((column, index) => {
    for (const step of column.previews) new Image().src = api.jobPreview(job, index, step);
  });
}

interface MatrixProps<C extends ColumnTitle> {
  readonly columns: readonly C[];
  readonly prompts: Prompts;
  readonly picture: (index: number, column: C) => ComponentChildren;
}

/** A row for each language, in which the encoders stand in the same order. */
function Matrix<C extends ColumnTitle>({ columns, prompts, picture }: MatrixProps<C>) {
  const texts = t().compare;
  return (['ko', 'en'] as const).map((language) => {
    const row = ofLanguage(columns, language);
    if (row.length === 0) return null;
    return (
      <section class={`matrix matrix-${language}`} key={language}>
        <header>
          <h2>{texts.languages[language]}</h2>
          <p class="quiet" lang={language}>
            {prompts[language]}
          </p>
        </header>
        <ul>
          {row.map(({ column, index }) => (
            <li key={column.encoder}>
              <ColumnHead column={column} />
              {picture(index, column)}
            </li>
          ))}
        </ul>
      </section>
    );
  });
}

function ColumnHead({ column }: { column: ColumnTitle }) {
  const { encoder, language } = column;
  const texts = t().compare;
  const note = language === 'ko' ? (encoder === 'original' ? texts.before : texts.after) : undefined;
  return (
    <p class="column-head">
      <span>{encoder === 'original' ? texts.original : encoder}</span>
      {note && <span class="quiet">{note}</span>}
    </p>
  );
}
