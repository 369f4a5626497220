/**
 * How often something was right, and how sure that is.
 */
import { InputError } from '../errors.ts';

export interface Proportion {
  readonly right: number;
  readonly n: number;
  /** right / n */
  readonly share: number;
  /** Ends of the 95 % interval. */
  readonly low: number;
  readonly high: number;
}

/** The quantile of the normal distribution that leaves 2.5 % on either side. */
const z = 1.959963984540054;

/**
 * `right` of `n` with Wilson's score interval, which also holds for small samples and near 0 and 1
 * (Wilson, "Probable inference, the law of succession, and statistical inference", 1927).
 * Throws InputError unless 0 <= right <= n and n > 0.
 */
export function proportion(right: number, n: number): Proportion {
  if (!(n > 0 && right >= 0 && right <= n)) {
    throw new InputError(`${right} right of ${n} is no proportion.`, 'Count at least one trial.');
  }
  const share = right / n;
  const center = (share + z ** 2 / (2 * n)) / (1 + z ** 2 / n);
  const reach = (z / (1 + z ** 2 / n)) * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2));
  // Rounding may push an end that is exactly 0 or 1 a little past it.
  return { right, n, share, low: right === 0 ? 0 : center - reach, high: right === n ? 1 : center + reach };
}

/** The proportion of the values of which `isRight` holds. */
export function proportionOf<Value>(
  values: readonly Value[],
  isRight: (value: Value) => boolean,
): Proportion {
  return proportion(values.filter(isRight).length, values.length);
}
