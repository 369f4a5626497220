/**
 * The content of a stored file: as a stream, from its head, or at any place.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createInflateRaw } from 'node:zlib';
import { systemCode } from '../../checkpoint/file.ts';
import type { ByteReader } from '../../checkpoint/zip.ts';
import { CorpusError } from '../../errors.ts';
import { type StoredFile, storedBytes } from './storedFile.ts';

export interface ContentOptions {
  readonly signal?: AbortSignal;
  /** Told of every stretch of stored bytes that was read. */
  readonly onBytes?: (count: number) => void;
}

const chunkBytes = 2 ** 18;

/**
 * What no text, sheet or table unpacks to, but a file made to fill the disk or the memory does: deflate shrinks a run
 * of equal bytes 1,032 times, real XML of spreadsheets some 20 times.
 */
const mostRatio = 200;
const harmlessBytes = 2 ** 26;

/** The content, unpacked, in chunks. Throws CorpusError naming the file where it is damaged, cut off or a bomb. */
export async function* chunksOf(
  file: StoredFile,
  options: ContentOptions = {},
): AsyncGenerator<Buffer, void, void> {
  let stored = 0;
  let unpacked = 0;
  const onBytes = (count: number) => {
    stored += count;
    options.onBytes?.(count);
  };
  for await (const chunk of unpack(file, { ...options, onBytes })) {
    unpacked += chunk.length;
    if (unpacked > harmlessBytes && unpacked > mostRatio * stored) throw bomb(file);
    if (unpacked > (file.size ?? unpacked)) throw damaged(file, `it unpacks to over ${file.size} bytes`);
    yield chunk;
  }
  if (file.size !== undefined && unpacked !== file.size) {
    throw damaged(file, `it should have ${file.size} bytes and has ${unpacked}`);
  }
}

function bomb(file: StoredFile): CorpusError {
  return new CorpusError(
    `${file.path} unpacks to over ${mostRatio} times its size: it is no corpus but made to fill disks.`,
    'Leave it out.',
  );
}

export function damaged(file: Pick<StoredFile, 'path'>, what: string, cause?: unknown): CorpusError {
  return new CorpusError(`${file.path} is damaged: ${what}.`, 'Download or unpack it again.', { cause });
}

function unpack(file: StoredFile, options: ContentOptions): AsyncIterable<Buffer> {
  if (file.packing === 'none') return storedChunks(file, options);
  const unpacker =
    file.packing === 'gzip'
      ? createGunzip({ chunkSize: chunkBytes })
      : createInflateRaw({ chunkSize: chunkBytes });
  return inflated(file, storedChunks(file, options), unpacker);
}

async function* inflated(
  file: StoredFile,
  stored: AsyncIterable<Buffer>,
  unpacker: Transform,
): AsyncGenerator<Buffer, void, void> {
  // Its end is awaited through the loop below, which throws the same error.
  pipeline(Readable.from(stored), unpacker).catch(() => {});
  try {
    for await (const chunk of unpacker) yield chunk as Buffer;
  } catch (error) {
    if (!systemCode(error)?.startsWith('Z_')) throw error;
    throw damaged(file, error instanceof Error ? error.message : String(error), error);
  } finally {
    unpacker.destroy();
  }
}

async function* storedChunks(
  { path, segments }: StoredFile,
  { signal, onBytes }: ContentOptions,
): AsyncGenerator<Buffer, void, void> {
  for (const { file, offset, length } of segments) {
    if (length === 0) continue;
    let read = 0;
    const range = { start: offset, end: offset + length - 1, highWaterMark: chunkBytes };
    const stream = createReadStream(file, range);
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        signal?.throwIfAborted();
        read += chunk.length;
        onBytes?.(chunk.length);
        yield chunk;
      }
    } catch (cause) {
      throw systemCode(cause) === undefined ? cause : unreadable(path, cause);
    } finally {
      stream.destroy();
    }
    if (read !== length) throw damaged({ path }, 'it ends early');
  }
}

export function unreadable(path: string, cause: unknown): CorpusError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CorpusError(`${path} cannot be read: ${why}.`, 'Check the path, its permissions and the disk.', {
    cause,
  });
}

/** The first `bytes` of the content; all of a shorter one. Throws as `chunksOf` does. */
export async function headOf(file: StoredFile, bytes = 2 ** 16): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  const whole = { ...file, size: undefined };
  for await (const chunk of chunksOf(whole)) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= bytes) break;
  }
  return Buffer.concat(chunks).subarray(0, bytes);
}

/** Content that can be read at any place. */
export interface RandomAccess extends ByteReader {
  close(): Promise<void>;
}

/** Opens the content; what is packed is unpacked into `scratch` first. Throws CorpusError as `chunksOf` does. */
export async function openRandom(
  file: StoredFile,
  scratch: string,
  options?: ContentOptions,
): Promise<RandomAccess> {
  const plain = file.packing === 'none' ? file : await unpacked(file, scratch, options);
  const handles = await openAll(plain);
  const size = storedBytes(plain.segments);
  return {
    path: file.path,
    size,
    async read(position, length) {
      const bytes = Buffer.alloc(length);
      let done = 0;
      let start = 0;
      for (const segment of plain.segments) {
        const from = position + done - start;
        start += segment.length;
        if (done === length || from >= segment.length) continue;
        const wanted = Math.min(length - done, segment.length - from);
        const handle = handles.get(segment.file)!;
        const { bytesRead } = await handle.read(bytes, done, wanted, segment.offset + from);
        if (bytesRead !== wanted) throw damaged(file, 'it ends early');
        done += wanted;
      }
      if (done !== length) throw damaged(file, `it ends before byte ${position + length}`);
      return bytes;
    },
    async close() {
      for (const handle of handles.values()) await handle.close();
    },
  };
}

/** A handle for each file on the disk that holds some of it. */
async function openAll({ path, segments }: StoredFile): Promise<ReadonlyMap<string, FileHandle>> {
  const handles = new Map<string, FileHandle>();
  for (const { file } of segments) {
    if (handles.has(file)) continue;
    try {
      handles.set(file, await open(file, 'r'));
    } catch (cause) {
      for (const handle of handles.values()) await handle.close();
      throw unreadable(path, cause);
    }
  }
  return handles;
}

/** Threads of one process share a scratch folder. */
const threadName = Math.random().toString(36).slice(2, 8);
let scratchFiles = 0;

/** A path in `scratch` that nothing has yet. */
export function scratchPath(scratch: string): string {
  return join(scratch, `${process.pid}-${threadName}-${scratchFiles++}`);
}

/** The same file with its content unpacked in `scratch`. */
export async function unpacked(
  file: StoredFile,
  scratch: string,
  options?: ContentOptions,
): Promise<StoredFile> {
  const path = scratchPath(scratch);
  await pipeline(Readable.from(chunksOf(file, options)), createWriteStream(path, { flags: 'wx' })).catch(
    (cause) => {
      if (systemCode(cause) === undefined) throw cause;
      throw new CorpusError(
        `${file.path} cannot be unpacked into ${path}: ${cause.message}.`,
        'Free some room on the disk.',
        {
          cause,
        },
      );
    },
  );
  const { size } = await stat(path);
  return { path: file.path, segments: [{ file: path, offset: 0, length: size }], packing: 'none', size };
}

/** A path under which other programs find the content: its own, where it is a whole file of the disk. */
export async function onDisk(file: StoredFile, scratch: string, options?: ContentOptions): Promise<string> {
  const [segment, ...more] = file.segments;
  if (file.packing === 'none' && segment !== undefined && more.length === 0 && segment.offset === 0) {
    if ((await stat(segment.file)).size === segment.length) return segment.file;
  }
  return (await unpacked(file, scratch, options)).segments[0]!.file;
}
