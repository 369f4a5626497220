/**
 * Rates as `ksd eval` writes them: `94 % [84, 98]`, the interval in brackets, because a part of a condition can be negative.
 */
export interface Rate {
  readonly rate: string;
  readonly low: string;
  readonly high: string;
}

/** Undefined for any other text. */
export function rateOf(text: string): Rate | undefined {
  const [, rate, low, high] = /^(-?\d+) % \[(-?\d+), (-?\d+)\]$/.exec(text) ?? [];
  return rate === undefined || low === undefined || high === undefined ? undefined : { rate, low, high };
}
