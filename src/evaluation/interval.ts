/**
 * Numbers with the ends of their intervals, as text. Brackets and a comma, since a dash between the ends would be read as a
 * minus sign.
 */

/** A mean and the ends of its 95 % interval. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** "92%" of 0.917. */
export function wholePercent(value: number): string {
  return `${Math.round(100 * value)}%`;
}

/** "-0.710 [-0.73, -0.69]" */
export function withInterval({ mean, low, high }: Interval, digits: number, endDigits = digits): string {
  return `${fixed(mean, digits)} [${fixed(low, endDigits)}, ${fixed(high, endDigits)}]`;
}

/** "92 % [82, 97]" */
export function percentWithInterval({ mean, low, high }: Interval): string {
  const whole = (value: number) => fixed(100 * value, 0);
  return `${whole(mean)} % [${whole(low)}, ${whole(high)}]`;
}

/** What rounds to nothing has no sign. */
function fixed(value: number, digits: number): string {
  return value.toFixed(digits).replace(/^-(0(?:\.0*)?)$/, '$1');
}
