/**
 * The teacher's rows for every English sentence, computed once and read back from disk at every epoch.
 *
 * The teacher is frozen, so its states are data. They are kept as F16: [texts, rows, hidden], without a header; a
 * name that hashes teacher and texts makes sure that they are never used for others. With SD v1's CLIP a text takes
 * 77 * 768 * 2 bytes: 30 GB for 250,000 sentences.
 */
import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { type FileHandle, open, rename, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { unwritable } from '../checkpoint/atomic.ts';
import { bytesOf } from '../checkpoint/dtype.ts';
import { float32ToHalf, halfToFloat32 } from '../checkpoint/half.ts';
import type { Weights } from '../checkpoint/tensorEntry.ts';
import type { TextEncoderFiles } from '../checkpoint/textEncoderFolder.ts';
import { checkTokenizer, encoderModel } from '../encoders/family.ts';
import { openTokenizer } from '../encoders/tokenizerFolder.ts';
import { CheckpointError } from '../errors.ts';
import { createGraph } from '../graph/graph.ts';
import { compile } from '../runtime/compile.ts';
import type { Runtime } from '../runtime/session.ts';
import { encodeBatch, promptLength } from '../text/tokenizer.ts';
import type { Objective } from './objective.ts';

export interface Teacher {
  readonly hiddenSize: number;
  readonly weights: Weights;
  /** Rows of some texts, one array [rows * hidden] a text; texts are cut to 77 tokens. */
  rows(texts: readonly string[]): Promise<Float32Array[]>;
  dispose(): Promise<void>;
}

/**
 * Opens a frozen text encoder as the teacher of `objective`.
 * Throws CheckpointError or ConfigError if encoder or tokenizer are damaged or do not fit each other.
 */
export async function openTeacher(
  runtime: Runtime,
  { config, configSource, modelType, weights }: TextEncoderFiles,
  tokenizerFolder: string,
  objective: Objective,
): Promise<Teacher> {
  const model = encoderModel(modelType, config, configSource);
  const { tokenizer } = await openTokenizer(tokenizerFolder);
  checkTokenizer(configSource, model, tokenizer);
  const graph = createGraph();
  const output = objective.teacher(model.build(graph, promptLength));
  const session = await compile(runtime, graph, { rows: output }, weights);
  const size = (objective.perPosition ? promptLength : 1) * model.hiddenSize;
  return {
    hiddenSize: model.hiddenSize,
    weights,
    rows: async (texts) => {
      const { ids } = encodeBatch(tokenizer, texts, promptLength);
      const { rows } = await session.run(model.feeds(ids, promptLength));
      return texts.map((_, i) => (rows!.data as Float32Array).subarray(i * size, (i + 1) * size));
    },
    dispose: () => session.dispose(),
  };
}

export interface TeacherCache {
  /** Rows of text `index`, [rows * hidden]. Throws CheckpointError if the file has become shorter. */
  read(index: number): Promise<Float32Array>;
  close(): Promise<void>;
}

export interface CacheOptions {
  readonly path: string;
  /** Values a text: rows * hidden. */
  readonly size: number;
  /** Stops the computing after a batch: its reason is thrown. */
  readonly signal?: AbortSignal;
}

/** `done` of `total` texts are computed. */
export interface CacheProgress {
  readonly done: number;
  readonly total: number;
}

/**
 * Opens the cache at `path`, computing first what is missing of it. What an interrupted run computed is kept in
 * `<path>.part` and not computed again. Throws CheckpointError if the disk has too little room or refuses.
 */
export async function* openCache(
  teacher: Pick<Teacher, 'rows'>,
  texts: readonly string[],
  options: CacheOptions,
): AsyncGenerator<CacheProgress, TeacherCache, void> {
  const { path, size } = options;
  const textBytes = size * Uint16Array.BYTES_PER_ELEMENT;
  if ((await sizeOf(path)) !== textBytes * texts.length) yield* fillCache(teacher, texts, options);
  const file = await open(path, 'r');
  return {
    read: async (index) => {
      const half = new Uint16Array(size);
      const { bytesRead } = await file.read(bytesOf(half), 0, textBytes, index * textBytes);
      if (bytesRead !== textBytes) {
        throw new CheckpointError(`${path} ends before text ${index}.`, 'Delete it: it is computed again.');
      }
      return halfToFloat32(half);
    },
    close: () => file.close(),
  };
}

/** Texts an engine run. The engine's rounding may depend on it, so that a resumed cache needs the same batches. */
const batchSize = 64;

async function* fillCache(
  teacher: Pick<Teacher, 'rows'>,
  texts: readonly string[],
  { path, size, signal }: CacheOptions,
): AsyncGenerator<CacheProgress, void, void> {
  const part = `${path}.part`;
  const textBytes = size * Uint16Array.BYTES_PER_ELEMENT;
  const total = texts.length;
  const written = await sizeOf(part);
  await checkRoom(path, total, textBytes * total - written);
  // The last batch may be half written: it is computed again.
  const begun = Math.max(0, Math.floor(written / (batchSize * textBytes)) - 1) * batchSize;
  const file = await open(part, constants.O_RDWR | constants.O_CREAT);
  try {
    for (let start = begun; start < total; start += batchSize) {
      signal?.throwIfAborted();
      const rows = await teacher.rows(texts.slice(start, start + batchSize));
      await writeAt(file, Buffer.concat(rows.map((row) => bytesOf(float32ToHalf(row)))), start * textBytes);
      yield { done: Math.min(start + batchSize, total), total };
    }
    await file.truncate(textBytes * total);
    await file.sync();
  } catch (error) {
    throw unwritable(part, error);
  } finally {
    await file.close();
  }
  await rename(part, path);
}

async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** In bytes; 0 if there is no such file. */
async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

async function checkRoom(path: string, texts: number, needed: number): Promise<void> {
  const { bavail, blocks, bsize } = await statfs(dirname(path));
  // Some virtual file systems do not tell their size.
  if (blocks === 0 || needed <= bavail * bsize) return;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new CheckpointError(
    `The teacher's states of ${texts} sentences need ${gigabytes(needed)} at ${path}, where ${gigabytes(bavail * bsize)} are free.`,
    'Free some, put the run on another disk, or use fewer pairs (corpus.sample).',
  );
}

/** A name for the cache of these texts under this teacher: changes when any of them, or the weights, do. */
export async function cacheName(
  weights: Weights,
  objective: Objective,
  texts: readonly string[],
): Promise<string> {
  const hash = createHash('sha256').update(objective.name);
  for (const file of new Set([...weights.tensors.values()].map((entry) => entry.file))) {
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  }
  for (const text of texts) hash.update(text).update('\n');
  return `teacher-${hash.digest('hex').slice(0, 16)}.f16`;
}
