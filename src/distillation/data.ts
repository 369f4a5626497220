/**
 * The pairs of a run as token ids, with the teacher's rows at hand: from a corpus to batches.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { buildCorpus } from '../corpus/build/build.ts';
import { type CorpusStore, isStore, openStore } from '../corpus/store.ts';
import { openTokens, type PairTokens, type TokenCache } from '../corpus/tokens/cache.ts';
import type { TokenizerFolder } from '../encoders/tokenizerFolder.ts';
import { InputError } from '../errors.ts';
import { randomStream, shuffle } from '../random/stream.ts';
import { leavesTexts } from './augment/augment.ts';
import { readLexicon } from './augment/lexicon.ts';
import { type AugmentWords, augmentedTokens } from './augment/tokens.ts';
import { type Batch, type BatchOptions, makeBatch } from './batch.ts';
import type { Experiment } from './experiment.ts';
import { type LossFacts, type LossSettings, lossFeeds } from './loss.ts';
import type { TeacherCache } from './teacher.ts';

/** Pairs are rows of the corpus, in its order of sampling; one more row stands for the empty prompt. */
export interface Data {
  /** Rows to train on; that of the empty prompt as often as it is wanted. */
  readonly train: Int32Array;
  readonly validation: Int32Array;
  /** The English sentences, each once: what the teacher reads. */
  readonly sentences: readonly string[];
  /** [rows]: the place in `sentences`. */
  readonly sentenceOf: Int32Array;
  readonly tokens: Pick<TokenCache, 'lengths' | 'read' | 'close'>;
  /** Tokens as an epoch trains on them: some Korean texts are changed, where the experiment says so. */
  epochTokens(epoch: number): Pick<TokenCache, 'read'>;
  /** Pairs that the corpus was built without, because a side has over 77 tokens. */
  readonly tooLong: number;
  /** Identifies the pairs of both sides. */
  readonly hash: string;
  /** Identifies the corpus that they are from. */
  readonly corpus: string;
}

/** Progress of what must be done once before a run begins: `done` of `total` bytes of a corpus, or pairs of tokens. */
export interface DataEvent {
  readonly kind: 'corpus' | 'tokens';
  readonly done: number;
  readonly total: number;
}

export interface DataOptions {
  /** The run's folder. */
  readonly folder: string;
  /** Folder of the teacher's tokenizer. */
  readonly teacher: string;
  readonly student: TokenizerFolder;
  readonly signal?: AbortSignal | undefined;
  /** The corpus that another process has made of the same files just now: where it lies in the folder, it is taken. */
  readonly built?: string | undefined;
}

/**
 * Opens the experiment's corpus, samples and splits it, and encodes its pairs for the student, cut to 77 tokens. Files
 * that are no store yet are first made into one, in the run's folder.
 * Throws CorpusError for damaged files, InputError if one side of the split would be empty, the signal's reason.
 */
export async function* readData(
  experiment: Experiment,
  options: DataOptions,
): AsyncGenerator<DataEvent, Data, void> {
  const { corpus } = experiment;
  const { student, signal } = options;
  const store = (await isStore(corpus.pairs))
    ? await openStore(corpus.pairs)
    : ((await builtStore(options)) ?? (await openStore(yield* buildStore(experiment, options))));
  try {
    const count = Math.min(corpus.sample ?? store.report.pairs, store.report.pairs);
    const rows = await readRows(store, count, corpus);
    const lexicon = corpus.augment.words > 0 ? await readLexicon(corpus.augment.lexicon) : undefined;
    const encoding = openTokens(store, { tokenizer: student.folder, count, ...(signal ? { signal } : {}) });
    let next = await encoding.next();
    for (; !next.done; next = await encoding.next()) yield { kind: 'tokens', ...next.value };
    return assemble(experiment, store, rows, withEmptyPrompt(next.value, student), { ...student, lexicon });
  } finally {
    store.close();
  }
}

/** The corpus `built`, if it lies in the run's folder. */
async function builtStore({ folder, built }: DataOptions): Promise<CorpusStore | undefined> {
  const path = storeIn(folder);
  if (built === undefined || !(await isStore(path))) return undefined;
  const store = await openStore(path);
  if (corpusOf(store) === built) return store;
  store.close();
  return undefined;
}

const storeIn = (folder: string) => join(folder, 'corpus');

const corpusOf = ({ report: { fingerprint, seed } }: CorpusStore) => JSON.stringify([fingerprint, seed]);

async function* buildStore(
  { corpus, seed }: Experiment,
  { folder, teacher, student, signal }: DataOptions,
): AsyncGenerator<DataEvent, string, void> {
  const out = storeIn(folder);
  const building = buildCorpus({
    inputs: [corpus.pairs],
    out,
    seed,
    tokenizers: { teacher, student: student.folder },
    ...(signal ? { signal } : {}),
  });
  let total = 0;
  let done = 0;
  for await (const event of building) {
    if (event.kind === 'found') {
      total = event.bytes;
      done = event.kept.bytes;
    } else if (event.kind === 'read') done += event.bytes;
    else continue;
    yield { kind: 'corpus', done: Math.min(done, total), total };
  }
  return out;
}

interface Rows {
  readonly count: number;
  readonly train: readonly number[];
  readonly validation: readonly number[];
  readonly places: ReadonlyMap<string, number>;
  readonly sentenceOf: Int32Array;
  /** [count] if they are wanted. */
  readonly korean: readonly string[] | undefined;
}

async function readRows(store: CorpusStore, count: number, corpus: Experiment['corpus']): Promise<Rows> {
  const fraction = corpus.validation;
  const korean: string[] | undefined = leavesTexts(corpus.augment) ? undefined : [];
  const [train, validation]: [number[], number[]] = [[], []];
  const places = new Map<string, number>();
  // The last row is that of the empty prompt.
  const sentenceOf = new Int32Array(count + 1);
  let row = 0;
  for await (const { en, ko, splitKey } of store.pairs(count)) {
    korean?.push(...ko);
    for (let i = 0; i < en.length; i++, row++) {
      if (!places.has(en[i]!)) places.set(en[i]!, places.size);
      sentenceOf[row] = places.get(en[i]!)!;
      (splitKey[i]! < fraction ? validation : train).push(row);
    }
  }
  if (train.length > 0 && (validation.length > 0 || fraction === 0)) {
    return { count, train, validation, places, sentenceOf, korean };
  }
  throw new InputError(
    `Splitting ${count} pairs leaves ${train.length} to train on and ${validation.length} to validate on.`,
    'Give more pairs or another validation fraction.',
  );
}

/**
 * Guidance reads the student's states of the empty prompt at every step and multiplies their error, but no corpus holds
 * that prompt: so it is added, as `emptyPrompts` of the pairs.
 */
function assemble(
  { corpus, seed }: Experiment,
  store: CorpusStore,
  { count, train, validation, places, sentenceOf, korean }: Rows,
  tokens: Data['tokens'],
  words: AugmentWords,
): Data {
  const { report } = store;
  const empties = new Array<number>(Math.round(train.length * corpus.emptyPrompts)).fill(count);
  const sentences = [...places.keys()];
  if (empties.length > 0) sentenceOf[count] = sentences.push('') - 1;
  const identity: unknown[] = [report.fingerprint, report.seed, seed, count];
  identity.push(corpus.validation, corpus.emptyPrompts);
  // A lexicon that was edited makes another run.
  if (words.lexicon) identity.push([...words.lexicon]);
  return {
    train: Int32Array.from([...train, ...empties]),
    validation: Int32Array.from(validation),
    sentences,
    sentenceOf,
    tokens,
    epochTokens: korean
      ? augmentedTokens(corpus.augment, seed, { korean, sentences, sentenceOf, train, tokens }, words)
      : () => tokens,
    tooLong: report.sources.reduce((sum, { dropped }) => sum + (dropped.tooLong ?? 0), 0),
    corpus: corpusOf(store),
    hash: createHash('sha256').update(JSON.stringify(identity)).digest('hex'),
  };
}

function withEmptyPrompt(cache: TokenCache, { tokenizer }: TokenizerFolder): Data['tokens'] {
  const empty = [tokenizer.startId, tokenizer.endId];
  const lengths = new Uint8Array(cache.lengths.length + 2);
  lengths.set(cache.lengths);
  lengths.fill(empty.length, cache.lengths.length);
  return {
    lengths,
    read: async (row) => (row === cache.count ? { en: empty, ko: empty } : cache.read(row)),
    close: () => cache.close(),
  };
}

/** Tokens of the longer text of each of the pairs in `rows`: what decides how long a batch must be. */
export function longerLengths({ tokens }: Pick<Data, 'tokens'>, rows: Int32Array): Uint8Array {
  return Uint8Array.from(rows, (row) => Math.max(tokens.lengths[2 * row]!, tokens.lengths[2 * row + 1]!));
}

/** Batches whose pairs are sorted by length together; larger means less padding and batches that are less mixed. */
const batchesAWindow = 16;

/**
 * The pairs of an epoch, as places in `lengths`, cut into batches. The order is shuffled; then within windows of a few
 * batches the pairs are sorted by length, so that a batch is little longer than its texts, and the batches of the whole
 * epoch are shuffled again. The same arguments give the same batches on every machine.
 */
export function epochBatches(
  lengths: ArrayLike<number>,
  batchSize: number,
  seed: number,
  epoch: number,
): readonly (readonly number[])[] {
  const order = shuffle(lengths.length, seed, epoch);
  const batches: number[][] = [];
  for (let start = 0; start < order.length; start += batchSize * batchesAWindow) {
    const window = [...order.subarray(start, start + batchSize * batchesAWindow)];
    window.sort((a, b) => lengths[a]! - lengths[b]!);
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
 * The batch of the pairs in `rows` (at least one): their English texts, then their Korean ones, each with the teacher's
 * rows for the English. Its loss is a mean over `pairsAStep` pairs, of which these may be a part.
 */
export async function batchOf(
  { tokens, sentenceOf }: Pick<Data, 'sentenceOf'> & { readonly tokens: Pick<TokenCache, 'read'> },
  rows: readonly number[],
  cache: Pick<TeacherCache, 'read'>,
  { loss, ...options }: BatchOptions & { readonly loss?: TaughtLoss | undefined },
  pairsAStep = rows.length,
): Promise<Batch> {
  const [pairs, states] = await Promise.all([
    Promise.all(rows.map((row): Promise<PairTokens> => tokens.read(row))),
    Promise.all(rows.map((row) => cache.read(sentenceOf[row]!))),
  ]);
  const texts = [...pairs.map((pair) => pair.en), ...pairs.map((pair) => pair.ko)];
  const batch = makeBatch(texts, [...states, ...states], 1 / (pairsAStep * states[0]!.length), options);
  if (loss === undefined) return batch;
  const sentences = rows.map((row) => sentenceOf[row]!);
  return { ...batch, lossFeeds: lossFeeds(loss.settings, loss.facts, sentences), sentences };
}

/** A loss that is not plain, with what was measured for it. */
export interface TaughtLoss {
  readonly settings: LossSettings;
  readonly facts: LossFacts;
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
