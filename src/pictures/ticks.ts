/**
 * Round numbers for the axes of charts. Knows no drawing.
 */

/** An axis: its ends, and the values that get a line and a label. */
export interface Axis {
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly number[];
}

/**
 * An axis from round number to round number that covers [min, max], with about `count` steps of 1, 2, 2.5 or
 * 5 times a power of ten.
 */
export function linearAxis(min: number, max: number, count = 5): Axis {
  const [low, high] = min === max ? [min - Math.abs(min || 1) / 2, max + Math.abs(max || 1) / 2] : [min, max];
  const step = roundStep((high - low) / count);
  // The small slack keeps a value that is a tick but for rounding from adding one more.
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => tidy((first + i) * step));
  return { min: ticks[0]!, max: ticks.at(-1)!, ticks };
}

/** As `linearAxis` on a logarithmic scale: powers of ten, with 2 and 5 between them on short axes. `min` > 0. */
export function logAxis(min: number, max: number): Axis {
  const decades = Math.log10(max / min);
  const factors = decades > 3 ? [1] : decades > 1.2 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 8];
  const candidates: number[] = [];
  for (let power = Math.floor(Math.log10(min)) - 1; power <= Math.ceil(Math.log10(max)) + 1; power++) {
    for (const factor of factors) candidates.push(tidy(factor * 10 ** power));
  }
  const first = candidates.findLastIndex((value) => value <= min * (1 + 1e-9));
  const last = candidates.findIndex((value, i) => i > first && value >= max * (1 - 1e-9));
  const ticks = candidates.slice(first, last + 1);
  return { min: ticks[0]!, max: ticks.at(-1)!, ticks };
}

/** A tick's label: "0.002", "250", "50k", "1.5M", "1e-7". */
export function tickLabel(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${tidy(value / 1e6)}M`;
  if (size >= 1e4) return `${tidy(value / 1e3)}k`;
  return size !== 0 && size < 1e-4 ? value.toExponential() : String(value);
}

function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 2.5, 5, 10].find((candidate) => candidate * power >= rough * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** The number without the dust of floating-point arithmetic. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}
