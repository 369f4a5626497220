/**
 * Token ids of a stretch of a store, as two files: what a worker makes of its share.
 *
 * `<shard>.lengths` has one byte a text (at most 77), `<shard>.ids` two or four bytes a token; of each pair the English
 * text comes first.
 */
import { open } from 'node:fs/promises';
import { writeAll } from '../../checkpoint/atomic.ts';
import { promptLength, type Tokenizer } from '../../text/tokenizer.ts';
import { numberedParquet, openDatabase } from '../duckdb.ts';
import { type KnownTokenizer, tokenizerOf } from '../tokenizers.ts';
import type { TaskOptions } from '../workers.ts';

/** Plain data: it is sent to a worker. */
export interface ShardJob {
  /** The store's Parquet file. */
  readonly pairs: string;
  readonly tokenizer: KnownTokenizer;
  /** The rows of which the sample key lies between, ends included, as text: it has 64 bits. */
  readonly from: string;
  readonly to: string;
  /** Path of the files without their endings. */
  readonly shard: string;
  readonly scratch: string;
}

export interface Shard {
  readonly shard: string;
  readonly pairs: number;
}

/** Ids of so many bytes hold any of the vocabulary. */
export function bytesAnId({ vocabSize }: Tokenizer): 2 | 4 {
  return vocabSize <= 0x10000 ? 2 : 4;
}

/** Encodes the pairs of a stretch, cut to 77 tokens, and writes them. */
export async function makeShard(job: ShardJob, { signal, onProgress }: TaskOptions): Promise<Shard> {
  const tokenizer = await tokenizerOf(job.tokenizer);
  const database = await openDatabase({ threads: 1, memory: 192, scratch: job.scratch });
  const lengthsFile = await open(`${job.shard}.lengths`, 'w');
  const idsFile = await open(`${job.shard}.ids`, 'w');
  let pairs = 0;
  try {
    const rows = database.columns(
      `SELECT en, ko FROM ${numberedParquet(job.pairs)}
       WHERE sample_key BETWEEN ${job.from}::UBIGINT AND ${job.to}::UBIGINT ORDER BY file_row_number`,
    );
    for await (const [en, ko] of rows) {
      signal.throwIfAborted();
      const { lengths, ids } = encodePairs(tokenizer, en as string[], ko as string[]);
      await writeAll(lengthsFile, lengths);
      await writeAll(idsFile, ids);
      pairs += en!.length;
      onProgress(en!.length, ids.length);
    }
    await lengthsFile.sync();
    await idsFile.sync();
  } finally {
    database.close();
    await lengthsFile.close();
    await idsFile.close();
  }
  return { shard: job.shard, pairs };
}

function encodePairs(tokenizer: Tokenizer, en: readonly string[], ko: readonly string[]) {
  const lengths = new Uint8Array(en.length * 2);
  const values = new (bytesAnId(tokenizer) === 2 ? Uint16Array : Uint32Array)(en.length * 2 * promptLength);
  let at = 0;
  for (let i = 0; i < en.length; i++) {
    for (const [side, text] of [en[i]!, ko[i]!].entries()) {
      const { ids } = tokenizer.encode(text);
      const kept = Math.min(ids.length, promptLength);
      for (let j = 0; j < kept - 1; j++) values[at++] = ids[j]!;
      values[at++] = tokenizer.endId;
      lengths[i * 2 + side] = kept;
    }
  }
  return { lengths, ids: new Uint8Array(values.buffer, 0, at * values.BYTES_PER_ELEMENT) };
}
