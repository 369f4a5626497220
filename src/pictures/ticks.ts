/**
 * Round numbers for the axes of charts. Knows no drawing.
 */

/** An axis: its ends, and the values that get a line and a label. */
export interface Axis {
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly number[];
}

/** Sizes below count as zero: arithmetic near the end of the number range is not worth its cases. */
export const smallest = 1e-100;

/** The range as it is; one that is nothing but rounding error, with half of its value on either side. */
export function widen(min: number, max: number): [min: number, max: number] {
  const size = Math.max(Math.abs(min), Math.abs(max));
  if (max - min > 1e-9 * size && size >= smallest) return [min, max];
  const half = size < smallest ? 0.5 : size / 2;
  return [min - half, max + half];
}

/**
 * An axis from round number to round number that covers [min, max], with about `count` steps of 1, 2, 2.5 or
 * 5 times a power of ten.
 */
export function linearAxis(min: number, max: number, count = 5): Axis {
  const [low, high] = widen(min, max);
  const step = roundStep((high - low) / count);
  // The small slack keeps a value that is a tick but for rounding from adding one more.
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => tidy((first + i) * step));
  return { min: ticks[0]!, max: ticks.at(-1)!, ticks };
}

/**
 * As `linearAxis` on a logarithmic scale: powers of ten, with more between them on short axes.
 * `min` must be at least `smallest`.
 */
export function logAxis(min: number, max: number): Axis {
  const decades = Math.log10(max / min);
  const factors = decades > 3 ? [1] : decades > 1.2 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 8];
  const candidates: number[] = [];
  const stride = Math.max(1, Math.ceil(decades / 10));
  const end = Math.ceil(Math.log10(max)) + stride;
  for (let power = Math.floor(Math.log10(min)) - 1; power <= end; power += stride) {
    for (const factor of factors) candidates.push(tidy(factor * 10 ** power));
  }
  const first = candidates.findLastIndex((value) => value <= min * (1 + 1e-9));
  const last = candidates.findIndex((value, i) => i > first && value >= max * (1 - 1e-9));
  const ticks = candidates.slice(first, last + 1);
  return { min: ticks[0]!, max: ticks.at(-1)!, ticks };
}

/** A tick's label: "0.002", "250", "50k", "31,823", "1.5M", "1e-7". */
export function tickLabel(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${tidy(value / 1e6)}M`;
  if (size >= 1e4) return value % 100 === 0 ? `${tidy(value / 1e3)}k` : value.toLocaleString('en');
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
