/**
 * Everything that an evaluation found, as one value: what the JSON file holds and the page shows.
 */

import type { Image } from '../../pictures/image.ts';
import type { Words } from '../../pictures/page.ts';
import type { ClipScoreEvaluation } from '../clipScore.ts';
import type { SuiteItem } from '../emojiSuite.ts';
import type { ConditioningEvaluation } from '../evaluateConditioning.ts';
import type { Evaluation } from '../evaluatePictures.ts';
import { evaluationJson } from '../evaluationTable.ts';
import type { LikenessEvaluation } from '../likeness.ts';
import type { StatesEvaluation } from '../states.ts';

export interface MeasuredStates extends StatesEvaluation {
  /** Where the pairs are from. */
  readonly pairs: string;
  /** How many others the baselines learnt from, and where those are from; none: no baselines. */
  readonly fitted: { readonly count: number; readonly from: string };
}

export interface SuiteReport {
  readonly name: string;
  readonly title: Words;
  /** What readers call the probes. */
  readonly probes: Readonly<Record<string, Words>>;
  readonly prompts: number;
  readonly conditioning?: ConditioningEvaluation;
  readonly pictures?: Evaluation;
  readonly likeness?: LikenessEvaluation;
  readonly clipScore?: ClipScoreEvaluation;
}

/** A student, so that evaluations can be compared. */
export interface MeasuredStudent {
  readonly name: string;
  /** SHA-256 of its folder: `fingerprintOf`. */
  readonly weights: string;
  /** Pairs that it learnt from, where its run says so. */
  readonly trainPairs?: number;
}

export interface EvaluationReport {
  /** The line that was typed. */
  readonly command?: string;
  readonly students?: readonly MeasuredStudent[];
  readonly model: string;
  /** Name of the system that all are measured against: the teacher in English. */
  readonly goal: string;
  /** The teacher in Korean. */
  readonly before: string;
  /** As the command was given them. */
  readonly settings: Readonly<Record<string, string | number>>;
  readonly states?: MeasuredStates;
  readonly suites: readonly SuiteReport[];
}

/** The real picture of what an item asks for. */
export type RealDrawing = (item: SuiteItem) => Image;

/** Ready for JSON. `rows` are those of all pictures, suite by suite. */
export function reportJson({ suites, ...all }: EvaluationReport) {
  const pictures = suites.flatMap(({ name, pictures: drawn }) =>
    drawn ? [{ name, ...evaluationJson(drawn) }] : [],
  );
  return {
    ...all,
    rows: pictures.flatMap(({ name, rows }) => rows.map((row) => ({ suite: name, ...row }))),
    suites: suites.map(({ pictures: _, ...suite }) => suite),
    pictures: pictures.flatMap((drawn) => drawn.pictures.map((one) => ({ suite: drawn.name, ...one }))),
  };
}
