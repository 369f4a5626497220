/**
 * A run's metrics while they are being written, perhaps by another process: what is new since the last look, and the last
 * ones of a long file.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode, unreadable } from '../checkpoint/file.ts';
import { isJsonObject, parseJson } from '../checkpoint/json.ts';
import { type Metric, metricsFile } from './runFolder.ts';

export interface NewMetrics {
  /** The file is another one: these are all of it. A run that goes on writes it anew, without what it does again. */
  readonly restarted: boolean;
  readonly metrics: readonly Metric[];
}

export interface MetricsTail {
  /**
   * Whole lines that were added since the last call, all of them at the first. A line that is half written comes with a
   * later call. Losses that are no numbers are null, as in the file. Throws CheckpointError if a line is damaged.
   */
  read(): Promise<NewMetrics>;
}

/** Of the run in a folder, which may have no metrics yet. */
export function tailMetrics(run: string): MetricsTail {
  const path = join(run, metricsFile);
  let offset = 0;
  let lines = 0;
  let inode: number | undefined;
  return {
    read: () =>
      withMetrics(path, async (file) => {
        const { ino, size } = file ? await file.stat() : { ino: undefined, size: 0 };
        const restarted = inode !== undefined && (ino !== inode || size < offset);
        if (restarted) [offset, lines] = [0, 0];
        inode = ino;
        if (file === undefined || size === offset) return { restarted, metrics: [] };
        const text = wholeLines(await bytesOf(file, offset, size));
        const metrics = parsed(text, path, lines + 1);
        offset += Buffer.byteLength(text);
        lines += text.split('\n').length - 1;
        return { restarted, metrics };
      }),
  };
}

/** About 100 lines. */
const endBytes = 16_384;

/** The last metrics, none if there is no file. */
export function lastMetrics(run: string): Promise<readonly Metric[]> {
  const path = join(run, metricsFile);
  return withMetrics(path, async (file) => {
    if (file === undefined) return [];
    const { size } = await file.stat();
    const from = Math.max(0, size - endBytes);
    const text = wholeLines(await bytesOf(file, from, size));
    return parsed(from === 0 ? text : text.slice(text.indexOf('\n') + 1), path, 1);
  });
}

/** With the open file, or undefined if there is none. */
async function withMetrics<Result>(
  path: string,
  use: (file: FileHandle | undefined) => Promise<Result>,
): Promise<Result> {
  const file = await open(path).catch((cause) => {
    if (systemCode(cause) === 'ENOENT') return undefined;
    throw unreadable(path, cause);
  });
  try {
    return await use(file);
  } finally {
    await file?.close();
  }
}

async function bytesOf(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.alloc(to - from);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
  return bytes.subarray(0, bytesRead);
}

/** Up to the last line feed: no byte of a longer character is one. */
function wholeLines(bytes: Buffer): string {
  return bytes.subarray(0, bytes.lastIndexOf(10) + 1).toString('utf8');
}

function parsed(text: string, path: string, firstLine: number): Metric[] {
  return text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    const value = parseJson(line, path, firstLine + i);
    const known = isJsonObject(value) && (value['kind'] === 'step' || value['kind'] === 'epoch');
    return known ? [value as unknown as Metric] : [];
  });
}
