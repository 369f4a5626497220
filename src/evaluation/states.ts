/**
 * How near the states of a text encoder are to those that the teacher gives for the English sentence: errors, what they
 * explain, and whether a sentence's translation is found again among all.
 *
 * Systems are encoders in one language, or baselines: whatever gives states for a pair. Knows no files and no output.
 */
import { InputError } from '../errors.ts';
import type { Language } from '../generation/header.ts';
import type { Runtime } from '../runtime/session.ts';
import { bootstrapMean, bootstrapRatio, type Estimate } from './bootstrap.ts';
import { type Cosines, cosines, normalise, recallAt, retrieve } from './retrieval.ts';
import { meanOf, type RowPart, rounding, type TextSums, textSums } from './rowSums.ts';
import { checkNames } from './systemNames.ts';

export interface EvaluatedPair {
  readonly en: string;
  readonly ko: string;
  /** Where the pair is from, for tables by domain. */
  readonly domain?: string;
}

/** Whatever gives states for pairs. */
export interface StatesSystem {
  /** For people; no two may have the same. */
  readonly name: string;
  /** Korean, then English on a line of its own. */
  readonly label: string;
  readonly language: Language;
  /** True for what a student must beat. */
  readonly baseline?: boolean;
  /** True for the reference itself, whose states are not computed again. */
  readonly isReference?: boolean;
  /** States of each pair, all [positions * size]. */
  states(pairs: readonly EvaluatedPair[]): Promise<readonly Float32Array[]>;
  /** Frees what is its own. */
  dispose?(): Promise<void>;
}

/** The teacher in English, which everything is measured against. */
export interface Reference {
  /** Numbers of a state. */
  readonly size: number;
  /** Tokens of the English sentence, start and end included, at most the number of positions. */
  lengthOf(pair: EvaluatedPair): number;
  states(pairs: readonly EvaluatedPair[]): Promise<readonly Float32Array[]>;
}

/** Of 1, 5 and 10 nearest sentences: how often the translation is among them. */
export const recalls = [1, 5, 10] as const;

export type Recall = Readonly<Record<(typeof recalls)[number], Estimate>>;

/** What is compared: the mean over the positions, or all positions one after the other. */
export type Compared = 'pooled' | 'tokens';

export interface FoundAgain {
  /** A text of the system looks for the teacher's sentence. */
  readonly toTeacher: Recall;
  /** The teacher's sentence looks for the system's. */
  readonly fromTeacher: Recall;
}

export interface StatesGroup {
  readonly by: 'length' | 'domain';
  readonly name: string;
  readonly n: number;
  readonly r2: Estimate;
  /** Translations that are the nearest of the whole pool, by all positions. */
  readonly found: Estimate;
}

export interface StatesRow {
  readonly system: string;
  readonly label: string;
  readonly language: Language;
  /** True for what a student must beat. */
  readonly baseline: boolean;
  readonly n: number;
  /** Mean squared error of a value, as the original reports it. */
  readonly mse: Estimate;
  /** Part of the teacher's variance around its mean at each position that is explained; undefined where nothing varies. */
  readonly r2: Readonly<Record<RowPart | 'all', Estimate | undefined>>;
  /** Mean cosine of the rows that carry words. */
  readonly cosine: Estimate;
  readonly retrieval: Readonly<Record<Compared, FoundAgain>>;
  readonly groups: readonly StatesGroup[];
}

export interface StatesEvaluation {
  /** Sentences among which translations are looked for. */
  readonly pool: number;
  readonly rows: readonly StatesRow[];
}

export interface StatesOptions {
  /** Pairs encoded at once, 64 by default. */
  readonly batch?: number;
  readonly signal?: AbortSignal;
}

/** Pairs done, of all that all systems have to do. */
export interface StatesProgress {
  readonly done: number;
  readonly total: number;
  readonly system: string;
}

/**
 * Measures every system on all pairs, whose teacher's states are kept: 0.24 MB a pair at Stable Diffusion's size.
 * Yields after each batch. Throws InputError for no pairs, two systems of one name, or states of another size.
 */
export async function* evaluateStates(
  runtime: Runtime,
  pairs: readonly EvaluatedPair[],
  reference: Reference,
  systems: readonly StatesSystem[],
  { batch = 64, signal }: StatesOptions = {},
): AsyncGenerator<StatesProgress, StatesEvaluation, undefined> {
  checkRequest(pairs, systems);
  const total = pairs.length * (systems.length + 1);
  let done = 0;
  type Rows = readonly Float32Array[];
  // The last batch is told of when its states are measured, so that the time of each system shows.
  async function* statesOf(system: string, of: (start: number, end: number) => Rows | Promise<Rows>) {
    const states: Float32Array[] = [];
    for (let start = 0; start < pairs.length; start += batch) {
      signal?.throwIfAborted();
      if (start > 0) yield { done, total, system };
      const end = Math.min(start + batch, pairs.length);
      states.push(...(await of(start, end)));
      done += end - start;
    }
    return states;
  }
  const goal = yield* statesOf('', (start, end) => reference.states(pairs.slice(start, end)));
  yield { done, total, system: '' };
  const teacher = { ...reference, states: goal, mean: meanOf(goal) };
  const lengths = pairs.map((pair) => reference.lengthOf(pair));
  const goals = vectorsOf(goal, teacher.mean, reference.size);
  const rows: StatesRow[] = [];
  for (const system of systems) {
    const states = yield* statesOf(system.name, (start, end) =>
      system.isReference ? goal.slice(start, end) : system.states(pairs.slice(start, end)),
    );
    const sums = states.map((rows, i) => {
      return textSums(rows, goal[i] as Float32Array, teacher.mean, lengths[i] as number, reference.size);
    });
    const own = vectorsOf(states, teacher.mean, reference.size);
    const compared = {
      pooled: await cosines(runtime, own.pooled, goals.pooled, reference.size),
      tokens: await cosines(runtime, own.tokens, goals.tokens, teacher.mean.length),
    };
    rows.push(rowOf(system, pairs, lengths, sums, compared));
    yield { done, total, system: system.name };
  }
  return { pool: pairs.length, rows };
}

function rowOf(
  { name, label, language, baseline = false }: StatesSystem,
  pairs: readonly EvaluatedPair[],
  lengths: readonly number[],
  sums: readonly TextSums[],
  compared: Readonly<Record<Compared, Cosines>>,
): StatesRow {
  const nearest = recallAt(retrieve(compared.tokens, 'rows'), 1);
  const part = (of: RowPart) => explained(sums, (text) => text.parts[of]);
  return {
    system: name,
    label,
    language,
    baseline,
    n: sums.length,
    mse: bootstrapRatio(
      sums.map((text) => text.all.error),
      sums.map((text) => text.values),
    ),
    r2: {
      start: part('start'),
      content: part('content'),
      afterEnd: part('afterEnd'),
      all: explained(sums, (text) => text.all),
    },
    cosine: bootstrapMean(sums.map((text) => text.cosine)),
    retrieval: { pooled: foundAgain(compared.pooled), tokens: foundAgain(compared.tokens) },
    groups: groupsOf(pairs, lengths).flatMap(({ by, name, places }) => {
      const r2 = explained(
        places.map((i) => sums[i] as TextSums),
        (text) => text.all,
      );
      if (r2 === undefined) return [];
      return [
        { by, name, n: places.length, r2, found: bootstrapMean(places.map((i) => nearest[i] as number)) },
      ];
    }),
  };
}

function foundAgain(of: Cosines): FoundAgain {
  const recall = (queries: 'rows' | 'columns'): Recall => {
    const retrieval = retrieve(of, queries);
    const at = (k: number) => bootstrapMean(recallAt(retrieval, k));
    return { 1: at(1), 5: at(5), 10: at(10) };
  };
  return { toTeacher: recall('rows'), fromTeacher: recall('columns') };
}

function explained(
  texts: readonly TextSums[],
  of: (text: TextSums) => { error: number; variance: number; square: number },
): Estimate | undefined {
  const parts = texts.map(of);
  const sum = (key: 'variance' | 'square') => parts.reduce((total, one) => total + one[key], 0);
  if (!(sum('variance') > rounding * sum('square'))) return undefined;
  const { mean, low, high, n } = bootstrapRatio(
    parts.map(({ error }) => error),
    parts.map(({ variance }) => variance),
  );
  return { mean: 1 - mean, low: 1 - high, high: 1 - low, n };
}

interface Places {
  readonly by: StatesGroup['by'];
  readonly name: string;
  readonly places: readonly number[];
}

/** Ends of the groups by length in tokens of the teacher, start and end included. */
const lengthEnds = [8, 12, 20, 40, 77] as const;

/** Pairs by length and, where they have several, by domain. */
function groupsOf(pairs: readonly EvaluatedPair[], lengths: readonly number[]): Places[] {
  const lengthName = (length: number) => {
    const at = lengthEnds.findIndex((end) => length <= end);
    return `${at === 0 ? 2 : (lengthEnds[at - 1] as number) + 1}–${lengthEnds[at]}`;
  };
  const collect = (by: Places['by'], nameOf: (i: number) => string | undefined): Places[] => {
    const places = new Map<string, number[]>();
    pairs.forEach((_, i) => {
      const name = nameOf(i);
      if (name !== undefined) places.set(name, [...(places.get(name) ?? []), i]);
    });
    return [...places].map(([name, some]) => ({ by, name, places: some }));
  };
  const byLength = collect('length', (i) => lengthName(lengths[i] as number));
  const byDomain = collect('domain', (i) => pairs[i]?.domain);
  const inOrder = byLength.sort((a, b) => Number.parseInt(a.name, 10) - Number.parseInt(b.name, 10));
  return [...inOrder, ...(byDomain.length > 1 ? byDomain : [])];
}

/** What sentences are found again by, of length 1: less the mean of each position, which all sentences share. */
function vectorsOf(
  states: readonly Float32Array[],
  mean: Float64Array,
  size: number,
): Record<Compared, Float32Array> {
  const tokens = new Float32Array(states.length * mean.length);
  const pooled = new Float32Array(states.length * size);
  states.forEach((rows, text) => {
    if (rows.length !== mean.length) {
      throw new InputError(
        `A system has ${rows.length} values a text, but the teacher ${mean.length}.`,
        'Compare text encoders that were made for one U-Net.',
      );
    }
    for (let row = 0; row < rows.length; row += size) {
      for (let i = 0; i < size; i++) {
        const value = (rows[row + i] as number) - (mean[row + i] as number);
        tokens[text * mean.length + row + i] = value;
        pooled[text * size + i]! += value;
      }
    }
  });
  return { pooled: normalise(pooled, size), tokens: normalise(tokens, mean.length) };
}

function checkRequest(pairs: readonly EvaluatedPair[], systems: readonly StatesSystem[]): void {
  if (pairs.length === 0) throw new InputError('There are no pairs to measure on.', 'Give at least one.');
  checkNames(systems);
}
