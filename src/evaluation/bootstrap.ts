/**
 * How sure a mean is, whatever its values are distributed like: the percentile bootstrap
 * (Efron, "Bootstrap methods: another look at the jackknife", 1979).
 */
import { InputError } from '../errors.ts';
import { randomStream } from '../random/stream.ts';

export interface Estimate {
  readonly mean: number;
  /** Ends of the 95 % interval. */
  readonly low: number;
  readonly high: number;
  /** Values it is made of. */
  readonly n: number;
}

export interface BootstrapOptions {
  /** Samples drawn with replacement, 1,000 by default: the ends then hold to about a twentieth of the interval. */
  readonly resamples?: number;
  /** 0 by default; the same seed gives the same interval on every machine. */
  readonly seed?: number;
}

/** The mean of `values`, one for each text, with its interval. Throws InputError if there are none. */
export function bootstrapMean(values: ArrayLike<number>, options?: BootstrapOptions): Estimate {
  return bootstrapRatio(values, undefined, options);
}

/**
 * The sum of `parts` over the sum of `wholes`, one of each for every text: texts are drawn, not rows, since the rows of one
 * text depend on each other. Without `wholes` the mean of the parts. Throws InputError for lists of different lengths or none.
 */
export function bootstrapRatio(
  parts: ArrayLike<number>,
  wholes: ArrayLike<number> | undefined,
  { resamples = 1000, seed = 0 }: BootstrapOptions = {},
): Estimate {
  const n = parts.length;
  if (n === 0 || (wholes !== undefined && wholes.length !== n)) {
    throw new InputError(
      `${n} values and ${wholes?.length ?? n} to divide them by give no mean.`,
      'Give as many of both, and at least one.',
    );
  }
  const places = drawnPlaces(n, resamples, seed);
  const drawn = Float64Array.from({ length: resamples }, (_, resample) => {
    let [part, whole] = [0, 0];
    for (let i = resample * n; i < (resample + 1) * n; i++) {
      const at = places[i] as number;
      part += parts[at] as number;
      whole += wholes === undefined ? 1 : (wholes[at] as number);
    }
    return part / whole;
  }).sort();
  const quantile = (share: number) => drawn[Math.round(share * (resamples - 1))] as number;
  const sum = (values: ArrayLike<number>) => Array.from(values).reduce((total, value) => total + value, 0);
  const mean = sum(parts) / (wholes === undefined ? n : sum(wholes));
  return { mean, low: quantile(0.025), high: quantile(0.975), n };
}

/** Draws that were asked for last, since measures of the same texts share them: drawing takes longer than adding up. */
const kept = new Map<string, Uint32Array>();
const mostKept = 8;

/** [resamples, n]: places among n values, drawn with replacement. */
function drawnPlaces(n: number, resamples: number, seed: number): Uint32Array {
  const key = `${n} ${resamples} ${seed}`;
  const known = kept.get(key);
  if (known) return known;
  const stream = randomStream(seed, 'bootstrap');
  const places = new Uint32Array(resamples * n);
  for (let i = 0; i < places.length; i++) places[i] = stream.below(n);
  const [oldest] = kept.keys();
  if (kept.size >= mostKept && oldest !== undefined) kept.delete(oldest);
  kept.set(key, places);
  return places;
}
