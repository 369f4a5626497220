/**
 * Reads the header of a safetensors file: 8 bytes of header length, a JSON header, then the data of all tensors
 * without gaps (https://huggingface.co/docs/safetensors, section Format).
 *
 * Never reads tensor data, so opening 4 GB costs as much as opening 4 kB. Knows no model.
 */
import { CheckpointError } from '../errors.ts';
import { elementBytes, elementCount, isDType } from './dtype.ts';
import { type OpenFile, withFile } from './file.ts';
import { duplicateKey, isJsonObject, type JsonObject, parseJson } from './json.ts';
import { shownJson, shownSizes, shownText } from './shown.ts';
import type { TensorEntry, Weights } from './tensorEntry.ts';

/** The longest header that the format's own library accepts, in bytes. */
const longestHeader = 100_000_000;

/** Where the header keeps what is no tensor. */
export const metadataKey = '__metadata__';

/**
 * The tensors of a safetensors file, every entry checked against the file's size and its neighbours.
 * Throws CheckpointError naming the file and the tensor if anything does not fit.
 */
export async function openSafetensors(path: string): Promise<Weights> {
  return withFile(path, readSafetensors);
}

/** As `openSafetensors`, from a file that is open already. */
export async function readSafetensors(file: OpenFile): Promise<Weights> {
  const { header, dataStart } = await readHeader(file);
  const entries = Object.entries(header)
    .filter(([name]) => name !== metadataKey)
    .map(([name, value]) => entryOf(file, dataStart, name, value));
  checkLayout(file, dataStart, entries);
  return {
    source: file.path,
    tensors: new Map(entries.map((entry) => [entry.name, entry])),
    metadata: metadataOf(file.path, header[metadataKey]),
  };
}

async function readHeader(file: OpenFile): Promise<{ header: JsonObject; dataStart: number }> {
  const { path, size } = file;
  if (size < 8) throw damaged(path, `it has ${size} bytes, and the length of its header alone takes 8`);
  const length = Number((await file.read(0, 8)).readBigUInt64LE());
  if (length > longestHeader) throw damaged(path, `its header claims ${length} bytes`);
  if (8 + length > size) {
    throw damaged(
      path,
      `its header should end at byte ${8 + length}, but the file has ${size}: it is truncated`,
    );
  }
  const text = decode(path, await file.read(8, length));
  const header = parseJson(text, `The header of ${path}`);
  if (!isJsonObject(header)) throw damaged(path, 'its header is not a JSON object');
  const twice = duplicateKey(text);
  if (twice !== undefined) throw damaged(path, `its header names ${shownJson(twice)} twice`);
  return { header, dataStart: 8 + length };
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw damaged(path, 'its header is not UTF-8');
  }
}

function entryOf(file: OpenFile, dataStart: number, name: string, value: unknown): TensorEntry {
  const wrong = (what: string) => damaged(file.path, `tensor ${shownText(name)} ${what}`);
  if (!isJsonObject(value)) throw wrong('is not described by an object');
  const { dtype, shape, data_offsets: place } = value;
  if (!isDType(dtype)) throw wrong(`has the unknown type ${shownJson(dtype)}`);
  if (!isSizes(shape)) throw wrong(`has the shape ${shownJson(shape)}, not a list of sizes`);
  if (!isSizes(place) || place.length !== 2) {
    throw wrong(`has the data_offsets ${shownJson(place)}, not a begin and an end`);
  }
  const [begin, end] = place as [number, number];
  if (begin > end) throw wrong(`begins at ${begin}, after its end at ${end}`);
  if (dataStart + end > file.size) {
    throw wrong(`ends at byte ${dataStart + end}, but the file has ${file.size}: it is truncated`);
  }
  const byteLength = end - begin;
  const needed = (elementCount(shape) ?? Number.POSITIVE_INFINITY) * elementBytes(dtype);
  if (needed !== byteLength) {
    throw wrong(`has ${byteLength} bytes, but shape ${shownSizes(shape)} of ${dtype} takes ${needed}`);
  }
  return { name, dtype, shape, file: file.realPath, offset: dataStart + begin, byteLength };
}

/** The format allows neither overlaps nor holes nor bytes after the last tensor. */
function checkLayout(file: OpenFile, dataStart: number, entries: readonly TensorEntry[]): void {
  const inOrder = [...entries].sort((a, b) => a.offset - b.offset || a.byteLength - b.byteLength);
  let end = dataStart;
  for (const { name, offset, byteLength } of inOrder) {
    if (offset < end) throw damaged(file.path, `tensor ${shownText(name)} overlaps the one before it`);
    if (offset > end)
      throw damaged(file.path, `${offset - end} bytes before tensor ${shownText(name)} belong to none`);
    end = offset + byteLength;
  }
  if (end !== file.size) throw damaged(file.path, `${file.size - end} bytes at its end belong to no tensor`);
}

function metadataOf(path: string, value: unknown): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  if (!isJsonObject(value) || !Object.values(value).every((text) => typeof text === 'string')) {
    throw damaged(path, `its ${metadataKey} is not an object of strings`);
  }
  return value as Readonly<Record<string, string>>;
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function damaged(path: string, what: string): CheckpointError {
  return new CheckpointError(
    `${path} is not a sound safetensors file: ${what}.`,
    'Download or write it again.',
  );
}
