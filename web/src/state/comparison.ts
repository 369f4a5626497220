/** What a comparison shows, and in which order: before it has a result, as the server will draw it. Pure. */
import type { CompareRequest } from '../../../src/server/contract/drawing.ts';
import type { Job, JobResult } from '../../../src/server/contract/job.ts';

export type ComparedColumn = Extract<JobResult, { kind: 'compare' }>['columns'][number];

export interface ColumnTitle {
  /** `original` or a student's name. */
  readonly encoder: string;
  readonly language: 'ko' | 'en';
}

/** The original with English, with Korean (before), then each student with Korean (after) and with English. */
export function expectedColumns(request: CompareRequest, students: readonly string[]): ColumnTitle[] {
  const languages = request.en ? (['ko', 'en'] as const) : (['ko'] as const);
  const original = [...languages].reverse().map((language) => ({ encoder: 'original', language }));
  const others = (request.students ?? students).flatMap((encoder) =>
    languages.map((language) => ({ encoder, language })),
  );
  return [...original, ...others];
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
