/**
 * What a loss must know of teacher and U-Net before a run learns: measured once, kept in the run's folder.
 */
import { join } from 'node:path';
import { isThere } from '../checkpoint/file.ts';
import { readJson, writeJson } from '../checkpoint/json.ts';
import type { StableDiffusion } from '../checkpoint/stableDiffusion.ts';
import type { Runtime } from '../runtime/session.ts';
import { promptLength } from '../text/tokenizer.ts';
import type { LossFacts, LossSettings } from './loss.ts';
import { readingOfPositions } from './reading.ts';
import type { TeacherCache } from './teacher.ts';

/** Sentences that the statistics are taken of: enough, since their order is that of a seeded hash. */
const sampled = 2048;
/** Sentences that the U-Net reads. */
const readSentences = 16;
/** No position is weighed less than this part, or more than this multiple, of the mean. */
const [least, most] = [0.1, 10];

export interface FactsSource {
  readonly runtime: Runtime;
  readonly diffusion: StableDiffusion;
  readonly cache: TeacherCache;
  /** Names teacher and sentences. */
  readonly cacheName: string;
  /** Of the cache. */
  readonly sentences: number;
  /** The run's folder. */
  readonly folder: string;
}

/** Measures what `settings` ask for, or reads what an earlier part of the run measured. */
export async function lossFacts({ positions }: LossSettings, source: FactsSource): Promise<LossFacts> {
  const { runtime, diffusion, cache, cacheName, sentences, folder } = source;
  const path = join(folder, 'loss.json');
  const known = (await isThere(path)) ? ((await readJson(path)) as Kept) : undefined;
  if (known?.cacheName === cacheName && known.positions === positions) {
    return {
      positionWeights: Float32Array.from(known.positionWeights),
      center: Float32Array.from(known.center),
    };
  }
  const { variance, center } = await statistics(cache, Math.min(sentences, sampled));
  const raw = {
    equal: async () => new Float32Array(promptLength).fill(1),
    variance: async () => inverse(variance),
    reading: async () => readingOfPositions(runtime, diffusion, await firstRows(cache, sentences)),
  };
  const positionWeights = withMeanOne(await raw[positions]());
  const kept: Kept = { cacheName, positions, positionWeights: [...positionWeights], center: [...center] };
  await writeJson(path, { ...kept });
  return { positionWeights, center };
}

/** The file: what was measured, and for what. */
interface Kept {
  readonly cacheName: string;
  readonly positions: LossSettings['positions'];
  readonly positionWeights: readonly number[];
  readonly center: readonly number[];
}

async function firstRows(cache: TeacherCache, sentences: number): Promise<Float32Array[]> {
  return Promise.all(Array.from({ length: Math.min(sentences, readSentences) }, (_, i) => cache.read(i)));
}

/** `variance` [77]: of a position's rows around their mean, a value. `center` [hidden]: their mean. */
async function statistics(cache: TeacherCache, count: number) {
  const sums = new Float64Array((await cache.read(0)).length);
  const squares = new Float64Array(sums.length);
  for (let i = 0; i < count; i++) {
    const rows = await cache.read(i);
    for (let j = 0; j < rows.length; j++) {
      sums[j]! += rows[j]!;
      squares[j]! += rows[j]! ** 2;
    }
  }
  const hidden = sums.length / promptLength;
  const variance = new Float32Array(promptLength);
  const center = new Float32Array(hidden);
  sums.forEach((sum, j) => {
    variance[Math.floor(j / hidden)]! += (squares[j]! / count - (sum / count) ** 2) / hidden;
    center[j % hidden]! += sum / count / promptLength;
  });
  return { variance, center };
}

/** A position that hardly varies would count without end. */
function inverse(variance: Float32Array): Float32Array {
  const floor = variance.reduce((a, b) => a + b) / variance.length / most;
  return variance.map((value) => 1 / Math.max(value, floor));
}

function withMeanOne(weights: Float32Array): Float32Array {
  const mean = weights.reduce((a, b) => a + b) / weights.length;
  const bounded = weights.map((weight) => Math.min(most, Math.max(least, weight / mean)));
  const sum = bounded.reduce((a, b) => a + b);
  return bounded.map((weight) => (weight * bounded.length) / sum);
}
