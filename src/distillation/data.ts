/**
 * The pairs of a run as token ids, with the teacher's rows at hand: from an experiment to batches.
 */
import { type Pair, pairsHash, readPairs, samplePairs, shortPairs, splitPairs } from '../corpus/pairs.ts';
import { InputError } from '../errors.ts';
import { randomStream, shuffle } from '../random/stream.ts';
import { encodePadded, promptLength, type Tokenizer } from '../text/tokenizer.ts';
import { type Batch, type BatchOptions, makeBatch, type TokenIds } from './batch.ts';
import type { Experiment } from './experiment.ts';
import type { TeacherCache } from './teacher.ts';

export interface Data {
  readonly train: readonly EncodedPair[];
  readonly validation: readonly EncodedPair[];
  /** The English sentences of both, each once: what the teacher reads. */
  readonly sentences: readonly string[];
  /** Pairs left out because a side is longer than 77 tokens. */
  readonly tooLong: number;
  /** Identifies the pairs of both sides. */
  readonly hash: string;
}

/** Holds no padding: a million pairs stay in memory for the whole run. */
export interface EncodedPair {
  readonly en: TokenIds;
  readonly ko: TokenIds;
  /** Place of the English sentence in `sentences`. */
  readonly sentence: number;
}

/**
 * Reads, filters, samples and splits the experiment's pairs and encodes them for the student, whose texts are cut to
 * 77 tokens. Throws CheckpointError for a damaged file, InputError if no pair or one side of the split is left.
 */
export async function readData(
  experiment: Experiment,
  teacher: Tokenizer,
  student: Tokenizer,
): Promise<Data> {
  const { corpus, seed } = experiment;
  const all = await readPairs(corpus.pairs);
  const short = shortPairs(all, teacher);
  if (short.length === 0) {
    throw new InputError(
      `All pairs of ${corpus.pairs} have over ${promptLength} tokens.`,
      'Give shorter sentences.',
    );
  }
  const pairs = corpus.sample === undefined ? short : samplePairs(short, corpus.sample, seed);
  const { train: sentencePairs, validation } = splitPairs(pairs, corpus.validation, seed);
  const train = withEmptyPrompts(sentencePairs, corpus.emptyPrompts);
  const places = new Map<string, number>();
  for (const { en } of [...train, ...validation]) if (!places.has(en)) places.set(en, places.size);
  const encode = ({ en, ko }: Pair): EncodedPair => ({
    en: tokenIds(student, en),
    ko: tokenIds(student, ko),
    sentence: places.get(en)!,
  });
  return {
    train: train.map(encode),
    validation: validation.map(encode),
    sentences: [...places.keys()],
    tooLong: all.length - short.length,
    hash: pairsHash([...train, ...validation]),
  };
}

/**
 * Guidance reads the student's states of the empty prompt at every step and multiplies their error, but no corpus holds
 * that prompt: so it is added, as this fraction of the pairs.
 */
function withEmptyPrompts(pairs: readonly Pair[], fraction: number): readonly Pair[] {
  const count = Math.round(pairs.length * fraction);
  return [...pairs, ...Array.from({ length: count }, (): Pair => ({ en: '', ko: '' }))];
}

function tokenIds(tokenizer: Tokenizer, text: string): TokenIds {
  const { ids, length } = encodePadded(tokenizer, text);
  return Array.from(ids.subarray(0, length));
}

/** Batches whose pairs are sorted by length together; larger means less padding and batches that are less mixed. */
const batchesAWindow = 16;

/**
 * The pairs of an epoch, as places in `pairs`, cut into batches. The order is shuffled; then within windows of a few
 * batches the pairs are sorted by length, so that a batch is little longer than its texts, and the batches of the whole
 * epoch are shuffled again. The same arguments give the same batches on every machine.
 */
export function epochBatches(
  pairs: readonly EncodedPair[],
  batchSize: number,
  seed: number,
  epoch: number,
): readonly (readonly number[])[] {
  const order = shuffle(pairs.length, seed, epoch);
  const length = (place: number) => Math.max(pairs[place]!.en.length, pairs[place]!.ko.length);
  const batches: number[][] = [];
  for (let start = 0; start < order.length; start += batchSize * batchesAWindow) {
    const window = [...order.subarray(start, start + batchSize * batchesAWindow)];
    window.sort((a, b) => length(a) - length(b));
    for (let at = 0; at < window.length; at += batchSize) batches.push(window.slice(at, at + batchSize));
  }
  const mixed = randomStream(seed, 'batches', epoch);
  for (let i = batches.length - 1; i > 0; i--) {
    const j = mixed.below(i + 1);
    [batches[i], batches[j]] = [batches[j]!, batches[i]!];
  }
  return batches;
}

/**
 * The batch of `pairs` (at least one): their English texts, then their Korean ones, each with the teacher's rows for the
 * English.
 */
export async function batchOf(
  pairs: readonly EncodedPair[],
  cache: TeacherCache,
  options: BatchOptions,
): Promise<Batch> {
  const rows = await Promise.all(pairs.map((pair) => cache.read(pair.sentence)));
  const texts = [...pairs.map((pair) => pair.en), ...pairs.map((pair) => pair.ko)];
  return makeBatch(texts, [...rows, ...rows], 1 / (pairs.length * rows[0]!.length), options);
}

/**
 * Mean squared errors of the English and of the Korean half, each summed over its pairs: `losses` [texts] are the sums
 * of squares that the engine gives, `constants` [texts] those of the batch, `rowValues` the values of a text.
 */
export function lossesOf(losses: Float32Array, constants: Float64Array, rowValues: number) {
  const half = losses.length / 2;
  const sums = { lossEn: 0, lossKo: 0 };
  for (let i = 0; i < losses.length; i++) {
    sums[i < half ? 'lossEn' : 'lossKo'] += (losses[i]! + constants[i]!) / rowValues;
  }
  return sums;
}
