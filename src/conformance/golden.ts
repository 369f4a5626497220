/**
 * What a golden checker is: it compares our numbers with reference vectors computed by the original Python
 * libraries, case by case, within the tolerances that the data itself states.
 *
 * Knows nothing of any part; the parts are listed in main.ts.
 */
import type { Device } from '../runtime/session.ts';

export interface CaseResult {
  /** The case, as the data names it. */
  readonly name: string;
  readonly passed: boolean;
  /** Largest error against its tolerance, or what differs. Empty when there is nothing to say. */
  readonly detail: string;
}

export interface GoldenPart {
  /** The folder of the golden data that this part checks, for example `tokenizers`. */
  readonly name: string;
  /**
   * Checks every case found in `folder` (`<golden>/<name>`), in the order of its cases.json. `device` is where to compute, the
   * CPU by default; parts without a graph need none.
   */
  check(folder: string, device?: Device): AsyncIterable<CaseResult>;
}

export interface Tolerance {
  readonly atol: number;
  readonly rtol: number;
}

/** The tolerance of a case that states none (README.md of the golden data). */
export const defaultTolerance: Tolerance = { atol: 1e-4, rtol: 1e-3 };

/** What a case states, and the default where it states nothing. */
export function toleranceOf(stated: Partial<Tolerance>): Tolerance {
  return { atol: stated.atol ?? defaultTolerance.atol, rtol: stated.rtol ?? defaultTolerance.rtol };
}

/**
 * Element-wise |actual - expected| <= atol + rtol |expected|. Not-a-numbers agree only with each other.
 * Returns the worst element as a fraction of what it may be off by: at most 1 means agreement.
 */
export function worstError(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { atol, rtol }: Tolerance,
): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const a = actual[i] as number;
    const e = expected[i] as number;
    if (Object.is(a, e)) continue;
    const error = Math.abs(a - e) / (atol + rtol * Math.abs(e));
    if (!(error <= worst)) worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
  }
  return worst;
}

/** A result from named worst errors, as `worstError` gives them. */
export function resultOf(name: string, errors: Readonly<Record<string, number>>): CaseResult {
  const [what, worst] = Object.entries(errors).reduce((most, entry) => (entry[1] > most[1] ? entry : most), [
    '',
    0,
  ] as [string, number]);
  return {
    name,
    passed: worst <= 1,
    detail: worst > 0 ? `${what}: ${worst.toPrecision(3)} of the tolerance` : '',
  };
}
