/**
 * Decides about one row at a time: cleaned and measured into a candidate, or rejected with the first reason that
 * applies. Counts both.
 */
import { promptLength } from '../../text/tokenizer.ts';
import { judge } from '../clean/judge.ts';
import type { RawRow } from '../readers/reader.ts';
import type { Reason } from '../reasons.ts';
import type { Rules } from '../rules.ts';
import { type KnownTokenizer, tokenizerOf } from '../tokenizers.ts';
import type { Sink } from './sink.ts';
import { countDropped, countLengths, countMasks, type Tally } from './tally.ts';

/** Tokens of both sides under each tokenizer, start and end included. */
interface TokenCounts {
  readonly teacherEn: number;
  readonly teacherKo: number;
  readonly studentEn: number | null;
  readonly studentKo: number | null;
}

export interface KnownTokenizers {
  readonly teacher: KnownTokenizer;
  readonly student: KnownTokenizer | undefined;
}

export type TokenCounter = (en: string, ko: string) => TokenCounts;

/** Lengths are kept in 16 bits; what is longer is too long by any rule. */
const mostTokens = 0xffff;

export async function tokenCounter(tokenizers: KnownTokenizers): Promise<TokenCounter> {
  const teacher = await tokenizerOf(tokenizers.teacher);
  const student = tokenizers.student && (await tokenizerOf(tokenizers.student));
  return (en, ko) => ({
    teacherEn: Math.min(mostTokens, teacher.count(en)),
    teacherKo: Math.min(mostTokens, teacher.count(ko)),
    studentEn: student === undefined ? null : Math.min(mostTokens, student.count(en)),
    studentKo: student === undefined ? null : Math.min(mostTokens, student.count(ko)),
  });
}

export interface SiftParts {
  readonly rules: Rules;
  readonly count: TokenCounter;
  readonly tally: Tally;
  readonly candidates: Pick<Sink, 'append'>;
  readonly rejected: Pick<Sink, 'append'>;
}

/** A function that takes the rows of a table one after another. */
export function makeSift({ rules, count, tally, candidates, rejected }: SiftParts): (row: RawRow) => void {
  const reject = (row: RawRow, reason: Reason): void => {
    countDropped(tally, reason);
    const sides = [shown(row.ko), shown(row.en ?? row.raw)];
    rejected.append([...placeOf(row), reason, row.problem ?? null, ...sides]);
  };
  const placeOf = ({ path, row, domain }: RawRow) => [tally.rows, path ?? null, row, domain ?? null];
  const sift = (row: RawRow): void => {
    if (row.problem !== undefined) return void reject(row, 'broken');
    const judged = judge(row.ko, row.en, rules);
    if (judged.reason !== undefined) return void reject(row, judged.reason);
    const { ko, en, koKey, enKey } = judged;
    countMasks(tally, judged.repaired, judged.marked);
    countLengths(tally, 'characters', en.length, ko.length);
    const { teacherEn, teacherKo, studentEn, studentKo } = count(en, ko);
    countLengths(tally, 'teacher', teacherEn, teacherKo);
    if (studentEn !== null) countLengths(tally, 'student', studentEn, studentKo!);
    const tokens = [teacherEn, teacherKo, studentEn, studentKo];
    if (!fits(tokens, rules.fit)) return void reject(row, 'tooLong');
    candidates.append([...placeOf(row), ko, en, koKey, enKey, ...tokens]);
  };
  return (row) => {
    sift(row);
    tally.rows++;
  };
}

function fits(tokens: readonly (number | null)[], fit: Rules['fit']): boolean {
  const [teacherEn, teacherKo, studentEn, studentKo] = tokens.map((count) => (count ?? 0) <= promptLength);
  if (fit === 'none') return true;
  return teacherEn! && (fit === 'original' ? teacherKo! : studentEn! && studentKo!);
}

/** What stood in a cell, for the file of rejected rows. */
function shown(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return (typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))).slice(0, 1000);
}
