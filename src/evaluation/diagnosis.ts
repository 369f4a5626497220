/**
 * Why a prompt draws what it draws: how it is cut into tokens, what its states are near to, how much of an English reference
 * reaches the U-Net, and where in the picture each word is read.
 *
 * Prompts are read literally and cut at 77 tokens. Knows no files and no output.
 */
import type { Pair } from '../corpus/pairs.ts';
import type { TextEncoder } from '../encoders/textEncoder.ts';
import { InputError } from '../errors.ts';
import type { Conditions } from '../generation/guidance.ts';
import type { FloatTensor } from '../runtime/tensor.ts';
import { encodePadded, promptLength } from '../text/tokenizer.ts';
import { readTokens, type TokenReading } from '../text/tokenReading.ts';
import { conditioningDistances, type Distances, type Moment, recovered } from './conditioning.ts';
import { type Neighbor, nearestPairs, type PairPool, readPool, rowSums } from './nearest.ts';
import { conditionsOf, type Drawing, type DrawingRequest, draw } from './readDrawing.ts';
import { type RowPart, rounding, rowParts, textSums } from './rowSums.ts';

export interface DiagnosisRequest extends DrawingRequest {
  /** The one that is looked into: a student, or the model's own. */
  readonly textEncoder: TextEncoder;
  readonly prompt: string;
  /** The same in English, as the model's own text encoder is to read it. */
  readonly reference?: string;
  /** What the prompt may have been taken for: pairs that the student was trained on, for example. */
  readonly pairs?: readonly Pair[];
  /** How many of them to show, 5 by default. */
  readonly nearest?: number;
}

/** Of states [77, size] from those of the teacher for the reference. */
export interface StateErrors {
  /**
   * [77]: squared error as a part of the teacher's variance at that place over all pairs; without pairs, of the teacher's own
   * square. Undefined where that is nothing, as at the start, which is the same for every text.
   */
  readonly rows: readonly (number | undefined)[];
  readonly relativeTo: 'variance' | 'square';
  /** 1 - error / variance for each part of the rows; undefined without pairs. */
  readonly r2?: Readonly<Record<RowPart | 'all', number | undefined>>;
}

/** How much of the condition is recovered (conditioning.ts): of the whole run, and at each model call. */
export interface Recovery {
  readonly whole: number;
  readonly calls: readonly { readonly timestep: number; readonly recovered: number }[];
}

export interface Diagnosis {
  readonly prompt: string;
  readonly reference?: string;
  readonly model: string;
  readonly textEncoder: string;
  /** Whether `textEncoder` is the model's own. */
  readonly own: boolean;
  /** The prompt as the text encoder reads it, and as the model's own would; the reference as that does. */
  readonly tokens: {
    readonly prompt: TokenReading;
    readonly byOwn: TokenReading;
    readonly reference?: TokenReading;
  };
  readonly drawing: Drawing;
  readonly referenceDrawing?: Drawing;
  readonly errors?: StateErrors;
  /** Of the prompt by the text encoder, and by the model's own: before distillation. */
  readonly recovery?: { readonly prompt: Recovery; readonly byOwn: Recovery };
  readonly neighbors?: Neighbors;
}

export interface Neighbors {
  /** How many pairs were looked among. */
  readonly pool: number;
  /** Korean sentences that the text encoder takes the prompt for. */
  readonly korean: readonly Neighbor[];
  /** English sentences whose states of the teacher the prompt's are nearest to: what the U-Net takes it for. */
  readonly english: readonly Neighbor[];
  /** English sentences near to the reference, by the teacher. */
  readonly reference?: readonly Neighbor[];
}

export type DiagnosisStage = 'pairs' | 'drawing' | 'conditioning';

export interface DiagnosisProgress {
  readonly stage: DiagnosisStage;
  readonly done: number;
  readonly total: number;
}

/**
 * Draws the prompt, and the reference if there is one, and looks into both. Yields as it goes. Throws InputError for pairs that
 * are none and a reference that says nothing, and what the pipeline and its encoders throw.
 */
export async function* diagnose(
  request: DiagnosisRequest,
): AsyncGenerator<DiagnosisProgress, Diagnosis, undefined> {
  const { pipeline, textEncoder, prompt, reference, pairs, signal } = request;
  if (reference?.trim() === '') {
    throw new InputError('The reference says nothing.', 'Give the prompt in English, or no reference.');
  }
  const teacher = await pipeline.textEncoder();
  const options = signal ? { signal } : {};
  const pool = pairs ? yield* named('pairs', readPool(pairs, textEncoder, teacher, options)) : undefined;
  const read = await conditionsOf(textEncoder, prompt);
  const { drawing } = yield* named('drawing', draw(request, textEncoder, prompt, read));
  const base = {
    prompt,
    model: pipeline.name,
    textEncoder: textEncoder.name,
    own: textEncoder === teacher,
    drawing,
  };
  const tokens = {
    prompt: readTokens(textEncoder.tokenizer, prompt),
    byOwn: readTokens(teacher.tokenizer, prompt),
  };
  if (reference === undefined) {
    const neighbors = pool && neighborsOf(pool, request, read.states);
    return { ...base, tokens, ...(neighbors ? { neighbors } : {}) };
  }
  const goal = await conditionsOf(teacher, reference);
  const drawn = yield* named('drawing', draw(request, teacher, reference, goal));
  const byOwn = await conditionsOf(teacher, prompt);
  const measured = new Map([
    ['prompt', read.states],
    ['byOwn', byOwn.states],
  ]);
  const recovery = yield* named('conditioning', recoveries(request, drawn.moments, goal, measured));
  const neighbors = pool && neighborsOf(pool, request, read.states, goal.states);
  return {
    ...base,
    reference,
    tokens: { ...tokens, reference: readTokens(teacher.tokenizer, reference) },
    referenceDrawing: drawn.drawing,
    errors: stateErrors(read.states, goal.states, encodePadded(teacher.tokenizer, reference).length, pool),
    recovery: { prompt: recovery.get('prompt') as Recovery, byOwn: recovery.get('byOwn') as Recovery },
    ...(neighbors ? { neighbors } : {}),
  };
}

type Count = Omit<DiagnosisProgress, 'stage'>;

async function* named<Result>(
  stage: DiagnosisStage,
  steps: AsyncGenerator<Count, Result, undefined>,
): AsyncGenerator<DiagnosisProgress, Result, undefined> {
  for (;;) {
    const next = await steps.next();
    if (next.done) return next.value;
    yield { stage, done: next.value.done, total: next.value.total };
  }
}

async function* recoveries(
  { pipeline, signal }: DiagnosisRequest,
  moments: readonly Moment[],
  { states: teacher, negativeStates }: Conditions,
  measured: ReadonlyMap<string, FloatTensor>,
): AsyncGenerator<Count, Map<string, Recovery>, undefined> {
  const texts = { teacher, empty: negativeStates as FloatTensor, measured };
  const all = new Map<string, Distances[]>([...measured.keys()].map((name) => [name, []]));
  for (const [i, moment] of moments.entries()) {
    signal?.throwIfAborted();
    for (const [name, both] of await conditioningDistances(pipeline.unet, [moment], texts))
      all.get(name)?.push(both);
    yield { done: i + 1, total: moments.length };
  }
  const sum = (some: readonly Distances[], key: keyof Distances) =>
    some.reduce((total, one) => total + one[key], 0);
  return new Map(
    [...all].map(([name, some]) => [
      name,
      {
        whole: recovered({ lost: sum(some, 'lost'), whole: sum(some, 'whole') }),
        calls: some.map((both, i) => ({
          timestep: (moments[i] as Moment).timestep,
          recovered: recovered(both),
        })),
      },
    ]),
  );
}

/** `length`: tokens of the reference, start and end included. */
function stateErrors(
  states: FloatTensor,
  teacher: FloatTensor,
  length: number,
  pool: PairPool | undefined,
): StateErrors {
  const size = teacher.data.length / promptLength;
  const mean = pool?.teacher.mean ?? new Float64Array(teacher.data.length);
  const rows = Array.from({ length: promptLength }, (_, row) => {
    const of = (values: Float32Array) => values.subarray(row * size, (row + 1) * size);
    const { error, square } = textSums(of(states.data), of(teacher.data), of64(mean, row, size), 1, size).all;
    const whole = pool ? (pool.teacher.variance[row] as number) : square;
    return whole > rounding * square ? error / whole : undefined;
  });
  if (!pool) return { rows, relativeTo: 'square' };
  const { parts, all } = textSums(states.data, teacher.data, mean, length, size);
  const explained = ({ error, variance, square }: typeof all) =>
    variance > rounding * square ? 1 - error / variance : undefined;
  const byPart = Object.fromEntries(rowParts.map((part) => [part, explained(parts[part])]));
  return {
    rows,
    relativeTo: 'variance',
    r2: { ...(byPart as Record<RowPart, number | undefined>), all: explained(all) },
  };
}

function of64(values: Float64Array, row: number, size: number): Float64Array {
  return values.subarray(row * size, (row + 1) * size);
}

function neighborsOf(
  pool: PairPool,
  { nearest = 5 }: DiagnosisRequest,
  states: FloatTensor,
  goal?: FloatTensor,
): Neighbors {
  const [sum] = rowSums(states) as [Float32Array];
  const english = pool.english.mean;
  return {
    pool: pool.pairs.length,
    korean: nearestPairs(pool, 'ko', { sum, mean: pool.korean.mean }, nearest),
    english: nearestPairs(pool, 'en', { sum, mean: english }, nearest),
    ...(goal
      ? {
          reference: nearestPairs(
            pool,
            'en',
            { sum: rowSums(goal)[0] as Float32Array, mean: english },
            nearest,
          ),
        }
      : {}),
  };
}

/**
 * The mean recovery of the first third of the model calls, the second and the last: composition, then detail. Of fewer calls
 * than three, some stand for two thirds.
 */
export function thirds({ calls }: Recovery): readonly [early: number, middle: number, late: number] {
  const mean = (third: number) => {
    const first = Math.floor((third * calls.length) / 3);
    const some = calls.slice(first, Math.max(first + 1, Math.floor(((third + 1) * calls.length) / 3)));
    return some.reduce((sum, one) => sum + one.recovered, 0) / some.length;
  };
  return [mean(0), mean(1), mean(2)];
}

/** Places where the reference still has words, but the prompt has ended: the U-Net finds no state of its own there. */
export function unmatchedRows({ prompt, reference }: Diagnosis['tokens']): number[] {
  const words = (reference?.rows ?? []).flatMap(({ word }, row) => (word === undefined ? [] : [row]));
  return words.filter((row) => prompt.rows[row]?.word === undefined);
}

/** Without pictures and maps: for programs. */
export function diagnosisJson(diagnosis: Diagnosis): unknown {
  const { drawing, referenceDrawing, ...rest } = diagnosis;
  const plain = ({ picture: _, scale: __, groups, ...one }: Drawing) => ({
    ...one,
    groups: groups.map(({ map, ...group }) => group),
  });
  return {
    ...rest,
    drawing: plain(drawing),
    ...(referenceDrawing ? { referenceDrawing: plain(referenceDrawing) } : {}),
  };
}
