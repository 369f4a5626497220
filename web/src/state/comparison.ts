/** What a comparison shows, and in which order: before it has a result, as the server will draw it. Pure. */
import type { CompareRequest } from '../../../src/server/contract/drawing.ts';
import type { Job, JobResult } from '../../../src/server/contract/job.ts';

export type ComparedColumn = Extract<JobResult, { kind: 'compare' }>['columns'][number];

export interface ColumnTitle {
  /** `original` or a student's name. */
  readonly encoder: string;
  readonly language: 'ko' | 'en';
}

/** The original with English, with Korean (before), then all students with Korean (after), and with English. */
export function expectedColumns(request: CompareRequest, students: readonly string[]): ColumnTitle[] {
  const languages = request.en ? (['ko', 'en'] as const) : (['ko'] as const);
  const original = [...languages].reverse().map((language) => ({ encoder: 'original', language }));
  const others = languages.flatMap((language) =>
    (request.students ?? students).map((encoder) => ({ encoder, language })),
  );
  return [...original, ...others];
}

/** Columns of one language, with their place among all. */
export function ofLanguage<C extends ColumnTitle>(
  columns: readonly C[],
  language: 'ko' | 'en',
): { readonly column: C; readonly index: number }[] {
  return columns
    .map((column, index) => ({ column, index }))
    .filter(({ column }) => column.language === language);
}

/** Steps that any column has a preview of, ascending. */
export function previewSteps(columns: readonly ComparedColumn[]): number[] {
  return [...new Set(columns.flatMap((column) => column.previews))].sort((a, b) => a - b);
}

/** The latest preview of a column up to `step`: samplers may differ in the steps that they show. */
export function previewAt(column: ComparedColumn, step: number): number | undefined {
  return column.previews.filter((known) => known <= step).at(-1) ?? column.previews[0];
}

/** Before and after: the original with Korean, and the first student with Korean. */
export function beforeAndAfter(columns: readonly ColumnTitle[]): [number, number] {
  const before = columns.findIndex(({ encoder, language }) => encoder === 'original' && language === 'ko');
  const after = columns.findIndex(({ encoder, language }) => encoder !== 'original' && language === 'ko');
  return [Math.max(0, before), Math.max(0, after)];
}

export function comparedColumns(job: Job): readonly ComparedColumn[] | undefined {
  return job.result?.kind === 'compare' ? job.result.columns : undefined;
}
