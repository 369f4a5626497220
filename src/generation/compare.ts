/**
 * The figure of this project: what a model draws of the same prompts in English and in Korean, with its own text
 * encoder and with students, always from the same noise. Node only for the sake of writing it.
 */
import type { TextEncoder } from '../encoders/textEncoder.ts';
import { InputError } from '../errors.ts';
import { type PictureGrid, pictureGrid } from '../pictures/grid.ts';
import type { Image } from '../pictures/image.ts';
import { saveFigure } from '../pictures/saveFigure.ts';
import { columnHeader, type Language } from './header.ts';
import type { Seed } from './latents.ts';
import type { CheckedPictures, GenerationStep, Pipeline } from './pipeline.ts';
import type { PromptOptions } from './prompting.ts';
import type { GenerationRequest } from './request.ts';

export interface PromptPair {
  readonly ko: string;
  readonly en: string;
}

export interface ComparisonRequest
  extends PromptOptions,
    Pick<
      GenerationRequest,
      'negativePrompt' | 'steps' | 'guidance' | 'scheduler' | 'width' | 'height' | 'signal'
    > {
  readonly pipeline: Pipeline;
  /** Empty: only the model's own encoder, the state before. */
  readonly students: readonly TextEncoder[];
  readonly prompts: readonly PromptPair[];
  /** Every prompt is drawn with each of them, in a row of its own; 0 by default. */
  readonly seeds?: readonly Seed[];
  /** Pictures at once, 4 by default. */
  readonly batch?: number;
  /** Languages to draw, both by default: where there is no English, only Korean can be. */
  readonly languages?: readonly Language[];
}

export interface ComparisonColumn {
  /** Korean, then English on a line of its own. */
  readonly header: string;
  readonly language: Language;
  readonly textEncoder: TextEncoder;
}

/** Images and flags: one for each column. */
export interface ComparisonRow extends CheckedPictures {
  readonly prompt: PromptPair;
  readonly seed: Seed;
}

export interface Comparison {
  readonly columns: readonly ComparisonColumn[];
  readonly rows: readonly ComparisonRow[];
}

export interface ComparisonProgress {
  /** Pictures that are done, those in work by their share. */
  readonly done: number;
  readonly total: number;
  /** Header of the column in work. */
  readonly column: string;
  /** Its place among all columns, from 0. */
  readonly index: number;
  /** What the model call did; its rows are the next prompts of the column. */
  readonly step: GenerationStep;
}

/**
 * Draws column by column, yielding after each model call. All pictures of a row start from the same latents.
 * Throws InputError without prompts, and what `generate` throws.
 */
export async function* compare(
  request: ComparisonRequest,
): AsyncGenerator<ComparisonProgress, Comparison, undefined> {
  const { prompts, seeds = [0], batch = 4 } = request;
  const rows = prompts.flatMap((prompt) => seeds.map((seed) => ({ prompt, seed })));
  if (rows.length === 0 || !Number.isInteger(batch) || batch < 1) {
    throw new InputError(
      `${prompts.length} prompts with ${seeds.length} seeds, ${batch} at once, make no comparison.`,
      'Give at least one of each.',
    );
  }
  const columns = await columnsOf(request);
  const total = columns.length * rows.length;
  const drawn: CheckedPictures[] = [];
  for (const [i, column] of columns.entries()) {
    const parts: CheckedPictures[] = [];
    for (let start = 0; start < rows.length; start += batch) {
      const part = rows.slice(start, start + batch);
      const done = i * rows.length + start;
      const steps = drawPart(request, column, part);
      let next = await steps.next();
      for (; !next.done; next = await steps.next()) {
        const step = next.value;
        const share = (step.call / step.calls) * part.length;
        yield { done: done + share, total, column: column.header, index: i, step };
      }
      parts.push(next.value);
    }
    drawn.push({
      images: parts.flatMap(({ images }) => images),
      flagged: parts.flatMap(({ flagged }) => flagged),
    });
  }
  return {
    columns,
    rows: rows.map((row, i) => ({
      ...row,
      images: drawn.map(({ images }) => images[i] as Image),
      flagged: drawn.map(({ flagged }) => flagged[i] as boolean),
    })),
  };
}

/** Yields the model calls, returns the pictures. */
async function* drawPart(
  request: ComparisonRequest,
  { language, textEncoder }: ComparisonColumn,
  rows: readonly Pick<ComparisonRow, 'prompt' | 'seed'>[],
): AsyncGenerator<GenerationStep, CheckedPictures, undefined> {
  const { pipeline, students, prompts, seeds, batch, languages, ...settings } = request;
  const run = pipeline.generate({
    ...settings,
    prompt: rows.map(({ prompt }) => prompt[language]),
    seed: rows.map(({ seed }) => seed),
    textEncoder,
  });
  for (;;) {
    const next = await run.next();
    if (next.done) return pipeline.decodeChecked(next.value.latents);
    yield next.value;
  }
}

/** The model's own encoder in both languages, then every student in Korean, then every student in English. */
async function columnsOf({
  pipeline,
  students,
  languages = ['en', 'ko'],
}: ComparisonRequest): Promise<ComparisonColumn[]> {
  const teacher = await pipeline.textEncoder();
  const own = (language: Language) => ({ header: columnHeader(language), language, textEncoder: teacher });
  const ofStudents = (language: Language) =>
    students.map((student) => ({
      header: columnHeader(language, student.name),
      language,
      textEncoder: student,
    }));
  const columns = [own('en'), own('ko'), ...ofStudents('ko'), ...ofStudents('en')];
  return columns.filter(({ language }) => languages.includes(language));
}

/** The comparison as a labelled grid; `texts` adds a title and the like. */
export function comparisonGrid(
  { columns, rows }: Comparison,
  texts: Pick<PictureGrid, 'title' | 'subtitle' | 'footnote' | 'cellSize'> = {},
): PictureGrid {
  const severalSeeds = new Set(rows.map(({ seed }) => seed)).size > 1;
  return {
    ...texts,
    columns: columns.map(({ header }) => header),
    rows: rows.map(({ prompt, seed, images, flagged }) => ({
      label: [prompt.ko, prompt.en, ...(severalSeeds ? [`seed ${seed}`] : [])].join('\n'),
      cells: images.map((image, i) =>
        flagged[i] ? { image, caption: '안전 검사 · safety checker' } : image,
      ),
    })),
  };
}

/** Writes `<path>.svg` and `<path>.png`. Throws CheckpointError if the file system refuses. */
export async function saveGrid(path: string, grid: PictureGrid): Promise<void> {
  await saveFigure(path, pictureGrid(grid));
}
