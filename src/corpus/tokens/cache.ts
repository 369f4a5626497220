/**
 * Token ids of a store's pairs under one tokenizer, made once, in parallel, and read pair by pair: training holds two
 * bytes a pair in memory, and nothing is encoded twice.
 *
 * The cache lies in the store, so that it goes when the store is replaced; that of a larger sample serves every
 * smaller one, which is its beginning. Little-endian, as all machines that this runs on are.
 */
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { channel } from '../../channel.ts';
import { writeAll, writeFileAtomic, writeFolderAtomic } from '../../checkpoint/atomic.ts';
import { readJson, writeJson } from '../../checkpoint/json.ts';
import { CorpusError } from '../../errors.ts';
import type { Tokenizer } from '../../text/tokenizer.ts';
import { numberedParquet, openDatabase } from '../duckdb.ts';
import { pairsFile, tokensFolder } from '../layout.ts';
import type { CorpusStore } from '../store.ts';
import { type KnownTokenizer, knowTokenizer, tokenizerOf } from '../tokenizers.ts';
import { runJobs, type Task, workerBeside } from '../workers.ts';
import { bytesAnId, makeShard, type Shard, type ShardJob } from './shard.ts';

export interface TokenOptions {
  /** Folder of the tokenizer. */
  readonly tokenizer: string;
  /** Pairs from the beginning of the store; all when left out. */
  readonly count?: number;
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/** Ids of a text, at most 77, start and end included. */
export type TokenIds = ArrayLike<number>;

export interface PairTokens {
  readonly en: TokenIds;
  readonly ko: TokenIds;
}

export interface TokenCache {
  /** Pairs in it. */
  readonly count: number;
  /** [2 * count]: tokens of the English text of pair i at 2i, of its Korean one at 2i + 1. */
  readonly lengths: Uint8Array;
  /** Throws CorpusError if the file has become shorter. */
  read(pair: number): Promise<PairTokens>;
  close(): Promise<void>;
}

/** `done` of `total` pairs are encoded. */
export interface TokenProgress {
  readonly done: number;
  readonly total: number;
}

const shardTask: Task<ShardJob, Shard> = {
  run: makeShard,
  worker: workerBeside(import.meta.url),
};

/**
 * Opens the cache, making it first where it is missing or too small. Throws CorpusError for a disk that cannot be
 * written, CheckpointError for a folder without a tokenizer, and the signal's reason.
 */
export async function* openTokens(
  store: CorpusStore,
  options: TokenOptions,
): AsyncGenerator<TokenProgress, TokenCache, void> {
  const known = await knowTokenizer(options.tokenizer);
  const folder = join(store.folder, tokensFolder, known.fingerprint);
  const count = Math.min(options.count ?? store.report.pairs, store.report.pairs);
  if ((await pairsIn(folder)) < count) yield* fill(store, folder, count, { ...options, tokenizer: known });
  return readCache(folder, count, await tokenizerOf(known));
}

interface CacheFacts {
  readonly pairs: number;
}

async function pairsIn(folder: string): Promise<number> {
  return readJson(join(folder, 'tokens.json')).then(
    (facts) => (facts as CacheFacts).pairs,
    () => -1,
  );
}

/** Pairs a shard: enough to be worth a worker, few enough to show progress and use all of them. */
const shardPairs = 65_536;

async function* fill(
  store: CorpusStore,
  folder: string,
  total: number,
  { tokenizer, threads, signal }: Omit<TokenOptions, 'tokenizer'> & { readonly tokenizer: KnownTokenizer },
): AsyncGenerator<TokenProgress, void, void> {
  const events = channel<TokenProgress>();
  let done = 0;
  const work = writeFolderAtomic(folder, async (temporary) => {
    const jobs = await shardJobs(store, tokenizer, total, temporary);
    await runJobs(shardTask, jobs, {
      threads,
      signal,
      onProgress: (pairs) => {
        done += pairs;
        events.push({ done, total });
      },
      onResult: () => {},
    });
    for (const ending of ['lengths', 'ids']) {
      await joinFiles(
        jobs.map((job) => `${job.shard}.${ending}`),
        join(temporary, ending),
      );
    }
    await writeJson(join(temporary, 'tokens.json'), { pairs: total } satisfies CacheFacts);
  });
  yield* events.until(work);
}

/** Cuts the first `total` rows into stretches of the key that they are sorted by, which a reader finds without search. */
async function shardJobs(
  store: CorpusStore,
  tokenizer: KnownTokenizer,
  total: number,
  temporary: string,
): Promise<ShardJob[]> {
  const pairs = join(store.folder, pairsFile);
  const database = await openDatabase({ threads: 2, memory: 256, scratch: temporary });
  try {
    const rows = await database.rows(
      `SELECT sample_key AS key FROM ${numberedParquet(pairs)}
       WHERE file_row_number < ${total} AND (file_row_number % ${shardPairs} = 0 OR file_row_number = ${total - 1})
       ORDER BY file_row_number`,
    );
    const keys = rows.map((row) => row['key'] as bigint);
    // The last row ends the last stretch, and may begin it.
    const begins = keys.slice(0, Math.ceil(total / shardPairs));
    return begins.map((from, i) => {
      const next = begins[i + 1];
      const to = next === undefined ? keys.at(-1)! : next - 1n;
      const shard = join(temporary, `shard-${i}`);
      return { pairs, tokenizer, from: `${from}`, to: `${to}`, shard, scratch: temporary };
    });
  } finally {
    database.close();
  }
}

async function joinFiles(parts: readonly string[], path: string): Promise<void> {
  await writeFileAtomic(path, async (handle) => {
    for (const part of parts) {
      for await (const chunk of createReadStream(part, { highWaterMark: 2 ** 20 }))
        await writeAll(handle, chunk as Buffer);
      await rm(part);
    }
  });
}

async function readCache(folder: string, count: number, tokenizer: Tokenizer): Promise<TokenCache> {
  const lengths = new Uint8Array(await readFile(join(folder, 'lengths'))).subarray(0, 2 * count);
  const path = join(folder, 'ids');
  const width = bytesAnId(tokenizer);
  const file = await open(path, 'r');
  // Where each pair begins, in ids.
  const starts = new Float64Array(count + 1);
  for (let i = 0; i < count; i++) starts[i + 1] = starts[i]! + lengths[2 * i]! + lengths[2 * i + 1]!;
  const { size } = await file.stat();
  if (lengths.length < 2 * count || size < starts[count]! * width) {
    await file.close();
    throw damaged(path);
  }
  return {
    count,
    lengths,
    async read(pair) {
      const ids = await readIds(file, path, starts[pair]!, starts[pair + 1]! - starts[pair]!, width);
      return { en: ids.subarray(0, lengths[2 * pair]!), ko: ids.subarray(lengths[2 * pair]!) };
    },
    close: () => file.close(),
  };
}

async function readIds(file: FileHandle, path: string, start: number, count: number, width: 2 | 4) {
  const ids = width === 2 ? new Uint16Array(count) : new Uint32Array(count);
  const { bytesRead } = await file.read(new Uint8Array(ids.buffer), 0, count * width, start * width);
  if (bytesRead !== count * width) throw damaged(path);
  return ids;
}

function damaged(path: string): CorpusError {
  return new CorpusError(`${path} is shorter than it was written.`, 'Delete its folder: it is made again.');
}
