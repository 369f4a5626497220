/**
 * The teacher's rows for every English sentence, computed once and read back from disk at every epoch.
 *
 * The teacher is frozen, so its states are data. They are kept as F16: [texts, rows, hidden], without a header; a
 * name that hashes teacher and texts makes sure that they are never used for others.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAll, writeFileAtomic } from '../checkpoint/atomic.ts';
import { bytesOf } from '../checkpoint/dtype.ts';
import { float32ToHalf, halfToFloat32 } from '../checkpoint/half.ts';
import type { Weights } from '../checkpoint/tensorEntry.ts';
import { openTextEncoder } from '../checkpoint/textEncoderFolder.ts';
import { encoderModel } from '../encoders/model.ts';
import { openTokenizer } from '../encoders/tokenizerFolder.ts';
import { createGraph } from '../graph/graph.ts';
import { compile } from '../runtime/compile.ts';
import type { Runtime } from '../runtime/session.ts';
import { encodeBatch, promptLength, type Tokenizer } from '../text/tokenizer.ts';
import type { Objective } from './objective.ts';

export interface Teacher {
  readonly hiddenSize: number;
  readonly tokenizer: Tokenizer;
  readonly weights: Weights;
  /** Rows of some texts, one array [rows * hidden] a text. */
  rows(texts: readonly string[]): Promise<Float32Array[]>;
  dispose(): Promise<void>;
}

/** Opens the frozen text encoder in `folder` as the teacher of `objective`. */
export async function openTeacher(
  runtime: Runtime,
  folder: string,
  tokenizerFolder: string,
  objective: Objective,
): Promise<Teacher> {
  const { config, modelType, weights } = await openTextEncoder(folder);
  const model = encoderModel(modelType, config, join(folder, 'config.json'));
  const { tokenizer } = await openTokenizer(tokenizerFolder);
  const graph = createGraph();
  const output = objective.teacher(model.build(graph, promptLength));
  const session = await compile(runtime, graph, { rows: output }, weights);
  const size = (objective.perPosition ? promptLength : 1) * model.hiddenSize;
  return {
    hiddenSize: model.hiddenSize,
    tokenizer,
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
  /** Rows of text `index`, [rows * hidden]. */
  read(index: number): Promise<Float32Array>;
  close(): Promise<void>;
}

export interface CacheOptions {
  readonly path: string;
  /** Values a text: rows * hidden. */
  readonly size: number;
  readonly batchSize?: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Opens the cache at `path`, computing it first if it is not there whole. */
export async function teacherCache(
  teacher: Teacher,
  texts: readonly string[],
  options: CacheOptions,
): Promise<TeacherCache> {
  const bytes = options.size * Uint16Array.BYTES_PER_ELEMENT;
  const present = await stat(options.path).catch(() => undefined);
  if (present?.size !== bytes * texts.length) await fillCache(teacher, texts, options);
  const file = await open(options.path, 'r');
  return {
    read: async (index) => {
      const half = new Uint16Array(options.size);
      await file.read(bytesOf(half), 0, bytes, index * bytes);
      return halfToFloat32(half);
    },
    close: () => file.close(),
  };
}

async function fillCache(teacher: Teacher, texts: readonly string[], options: CacheOptions): Promise<void> {
  const { path, batchSize = 64, onProgress, signal } = options;
  await writeFileAtomic(path, async (file) => {
    for (let start = 0; start < texts.length; start += batchSize) {
      signal?.throwIfAborted();
      for (const rows of await teacher.rows(texts.slice(start, start + batchSize))) {
        await writeAll(file, bytesOf(float32ToHalf(rows)));
      }
      onProgress?.(Math.min(start + batchSize, texts.length), texts.length);
    }
  });
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
