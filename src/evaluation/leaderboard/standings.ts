/**
 * Systems side by side, from any number of evaluations: each measure of each system, and the file that it is from.
 *
 * A student is its name and its weights: two that share a name are told apart. Knows no table and no file.
 */
import type { Words } from '../../pictures/page.ts';
import { type Interval, percentWithInterval, withInterval } from '../interval.ts';
import { proportion } from '../proportion.ts';
import type { Results } from './results.ts';

export interface Value extends Interval {
  /** Texts that it is the mean over. */
  readonly n: number;
  /** The evaluation's place in the list. */
  readonly from: number;
}

/** What is compared under one heading, on the same texts. */
export interface Group {
  readonly kind: 'pictures' | 'clip score' | 'conditioning' | 'states';
  /** The suite, or the pairs and their number. */
  readonly title: string;
  readonly measures: readonly Measure[];
}

export interface Measure {
  readonly id: string;
  readonly title: Words;
  /** One of several that a suite probes; without it, all of them. */
  readonly probe?: string;
  /** Whether it is no share: written as it is, not in percent. */
  readonly plain?: boolean;
}

export type Role = 'goal' | 'before' | 'student' | 'baseline';

export interface Standing {
  readonly name: string;
  readonly language: 'ko' | 'en';
  readonly role: Role;
  /** Pairs that the student learnt from, where that is known. */
  readonly trainPairs?: number;
  readonly values: ReadonlyMap<string, Value>;
}

/** Systems of one model. */
export interface Board {
  readonly model: string;
  readonly groups: readonly Group[];
  readonly standings: readonly Standing[];
}

interface Entry extends Omit<Standing, 'values'> {
  readonly values: Map<string, Value>;
}

/** A board for each model, in the order in which they come. Of two values of one measure, that of more texts stands. */
export function boardsOf(all: readonly Results[]): Board[] {
  return [...new Set(all.map(({ model }) => model))].map((model) => {
    const groups = new Map<string, { group: Omit<Group, 'measures'>; measures: Map<string, Measure> }>();
    const entries = new Map<string, Entry>();
    all.forEach((results, from) => {
      if (results.model !== model) return;
      for (const { row, group, measure, value } of valuesOf(results)) {
        const key = `${group.kind} ${group.title}`;
        const id = `${key} ${measure.id}`;
        const known = groups.get(key) ?? { group, measures: new Map() };
        known.measures.set(id, { ...measure, id });
        groups.set(key, known);
        const { values } = entryOf(entries, results, row);
        const before = values.get(id);
        if (before === undefined || value.n >= before.n) values.set(id, { ...value, from });
      }
    });
    return {
      model,
      groups: [...groups.values()].map(({ group, measures }) => ({
        ...group,
        measures: [...measures.values()],
      })),
      standings: named([...entries.values()], all),
    };
  });
}

interface Row {
  readonly system: string;
  readonly language: 'ko' | 'en';
  readonly baseline?: boolean;
}

interface Measured {
  readonly row: Row;
  readonly group: Omit<Group, 'measures'>;
  readonly measure: Measure;
  readonly value: Omit<Value, 'from'>;
}

function valuesOf(results: Results): Measured[] {
  return [...picturesOf(results), ...clipScoresOf(results), ...conditioningOf(results), ...statesOf(results)];
}

const whole: Words = { ko: '모두', en: 'all' };

function picturesOf({ rows, suites }: Results): Measured[] {
  return suites.flatMap(({ name, probes }) => {
    const own = rows.filter(({ suite }) => suite === name);
    const group = { kind: 'pictures', title: name } as const;
    const bySet = own.map((row) => ({
      row,
      group,
      measure: probeMeasure(row.set, probes),
      value: { mean: row.both.share, low: row.both.low, high: row.both.high, n: row.n },
    }));
    const first = new Map(own.map((row) => [row.system, row]));
    const totals = [...first.values()].map((row) => {
      const sets = own.filter(({ system }) => system === row.system);
      const sum = (of: 'right' | 'n') => sets.reduce((total, { both }) => total + both[of], 0);
      const { share, low, high, n } = proportion(sum('right'), sum('n'));
      return { row, group, measure: { id: 'all', title: whole }, value: { mean: share, low, high, n } };
    });
    return [...bySet, ...totals];
  });
}

/** By one CLIP each: scores of different ones cannot be compared. */
function clipScoresOf({ suites }: Results): Measured[] {
  return suites.flatMap(({ name, clipScore }) =>
    (clipScore?.rows ?? []).map((row) => {
      const group = { kind: 'clip score', title: `${name}, by ${clipScore?.clip}` } as const;
      return { row, group, measure: { id: 'all', title: whole, plain: true }, value: row.score };
    }),
  );
}

function conditioningOf({ suites }: Results): Measured[] {
  return suites.flatMap(({ name, probes, conditioning }) =>
    (conditioning?.rows ?? []).flatMap((row) => {
      const group = { kind: 'conditioning', title: name } as const;
      const byProbe = row.probes.map(({ probe, recovered }) => {
        return { row, group, measure: probeMeasure(probe, probes), value: recovered };
      });
      return [...byProbe, { row, group, measure: { id: 'all', title: whole }, value: row.recovered }];
    }),
  );
}

function probeMeasure(probe: string, probes: Readonly<Record<string, Words>>): Measure {
  return { id: `probe ${probe}`, probe, title: probes[probe] ?? { ko: probe, en: probe } };
}

function statesOf({ states }: Results): Measured[] {
  if (states === undefined) return [];
  const group = { kind: 'states', title: `${states.pairs}, ${states.pool} pairs` } as const;
  return states.rows.flatMap((row) => {
    const { r2, retrieval } = row;
    const { toTeacher, fromTeacher } = retrieval.tokens;
    const values: [string, Words, Measured['value'] | undefined][] = [
      ['r2', { ko: 'R²', en: 'R²' }, r2.all],
      ['r2 start', { ko: 'R², 시작', en: 'R², start' }, r2.start],
      ['r2 content', { ko: 'R², 낱말과 끝', en: 'R², words and end' }, r2.content],
      ['r2 after', { ko: 'R², 끝난 뒤', en: 'R², after the end' }, r2.afterEnd],
      ['found', { ko: '되찾은 번역 @1', en: 'found @1' }, toTeacher[1]],
      ['finds', { ko: '원본이 찾은 번역 @1', en: 'finds @1' }, fromTeacher[1]],
    ];
    return values.flatMap(([id, title, value]) => {
      const measure = { id, title, plain: id.startsWith('r2') };
      return value ? [{ row, group, measure, value }] : [];
    });
  });
}

/** A system is its name and, of a student, its weights. */
function entryOf(entries: Map<string, Entry>, results: Results, row: Row): Entry {
  const { system, language, baseline = false } = row;
  const student = results.students.find(({ name }) => `${name} ${language}` === system);
  const key = `${system}\n${student?.weights ?? ''}`;
  const found = entries.get(key);
  if (found) return found;
  const role = roleOf(results, system, baseline);
  const { trainPairs } = student ?? {};
  const entry: Entry = {
    name: system,
    language,
    role,
    ...(trainPairs === undefined ? {} : { trainPairs }),
    values: new Map(),
  };
  entries.set(key, entry);
  return entry;
}

function roleOf({ goal, before }: Results, system: string, baseline: boolean): Role {
  if (system === goal) return 'goal';
  if (system === before) return 'before';
  return baseline ? 'baseline' : 'student';
}

/** Students that share a name get the file that they stand in beside it. */
function named(entries: readonly Entry[], all: readonly Results[]): Standing[] {
  return entries.map((entry) => {
    const alone = entries.filter(({ name }) => name === entry.name).length === 1;
    const [first] = entry.values.values();
    const file = all[first?.from ?? 0]?.path.split(/[\\/]/).at(-1);
    return alone ? entry : { ...entry, name: `${entry.name} (${file})` };
  });
}

/** Best first, by the first measure in which two differ; what was not measured comes last, and the goal first. */
export function sorted(standings: readonly Standing[], measures: readonly Measure[]): Standing[] {
  const value = ({ values }: Standing, { id }: Measure) => values.get(id)?.mean ?? Number.NEGATIVE_INFINITY;
  const rank = ({ role }: Standing) => (role === 'goal' ? 1 : 0);
  return [...standings].sort((a, b) => {
    if (rank(a) !== rank(b)) return rank(b) - rank(a);
    const measure = measures.find((one) => value(a, one) !== value(b, one));
    return measure ? value(b, measure) - value(a, measure) : 0;
  });
}

/** Whether a standing is the best of the students in Korean; none is where none is above nothing. */
export function isBest(standing: Standing, among: readonly Standing[], { id }: Measure): boolean {
  const value = ({ role, language, values }: Standing) =>
    role === 'student' && language === 'ko' ? (values.get(id)?.mean ?? 0) : 0;
  const own = value(standing);
  return own > 0 && among.every((other) => value(other) <= own);
}

/** A suite of so few probes shows each beside the total; one of more gets a table of its own for them. */
const fewProbes = 4;

/** The probes of a group, the measures of all it has, and those that are shown first. */
export function partsOf({ measures }: Group) {
  const probes = measures.filter(({ probe }) => probe !== undefined);
  const totals = measures.filter(({ probe }) => probe === undefined);
  return { probes, totals, overview: probes.length > fewProbes ? totals : [...probes, ...totals] };
}

/** "88 % [77, 94]" */
export function valueText({ plain = false }: Measure, value: Value): string {
  return plain ? withInterval(value, 2) : percentWithInterval(value);
}
