/**
 * Reads a PyTorch state dict (`pytorch_model.bin`), or a training checkpoint that holds one (`sd-v1-4.ckpt`, an
 * embedding of textual inversion), in both of PyTorch's layouts: a zip archive (since PyTorch 1.6), and the older sequence of
 * pickles followed by the raw storages.
 *
 * The pickles only describe tensors; the data lies uncompressed in the file, so entries point into it, as they do
 * for safetensors. Nothing that a pickle asks for is run (pickle.ts). Knows no model.
 */
import { basename, dirname } from 'node:path/posix';
import { elementBytes } from './dtype.ts';
import { type OpenFile, withFile } from './file.ts';
import { unpickle } from './pickle.ts';
import { damaged } from './pickleCursor.ts';
import { shownText } from './shown.ts';
import type { Weights } from './tensorEntry.ts';
import { isListOf, isText, type Places, type Storage, torchRules, torchWeights } from './torchTensors.ts';
import { readZipEntries, type ZipEntry } from './zip.ts';

/** First words of the older layout. */
const magicNumber = 0x1950a86a20f9469cfc6cn;
const protocolVersion = 1001;

/** Pickles only name tensors: no real one comes near this many bytes. */
const longestPickles = 2 ** 25;

/** `little` or `big`, and maybe a line feed. */
const longestByteOrder = 8;

/**
 * The tensors of a state dict, or of the one in a training checkpoint, whose other parts are left out. Tensors
 * that share a storage have overlapping entries.
 * Throws CheckpointError if the file is damaged, names a Python global that state dicts do not need, or holds a
 * tensor that is not contiguous.
 */
export async function openTorchFile(path: string): Promise<Weights> {
  return withFile(path, readTorchFile);
}

/** As `openTorchFile`, from a file that is open already. */
export async function readTorchFile(file: OpenFile): Promise<Weights> {
  const start = await file.read(0, Math.min(2, file.size));
  return start.toString('latin1') === 'PK' ? openArchive(file) : openPickles(file);
}

async function openArchive(file: OpenFile): Promise<Weights> {
  const entries = await readZipEntries(file);
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const twice = entries.find((entry) => byName.get(entry.name) !== entry);
  if (twice) throw damaged({ source: file.path }, `the archive names ${shownText(twice.name)} twice`);
  const pickle = entries.find(({ name }) => basename(name) === 'data.pkl');
  if (!pickle) throw damaged({ source: file.path }, 'the archive holds no data.pkl');
  const folder = dirname(pickle.name);
  const contentOf = ({ name, stored, offset, byteLength }: ZipEntry, most: number) => {
    const wrong = (what: string) => damaged({ source: file.path }, `${shownText(name)} ${what}`);
    if (!stored) throw wrong('is compressed');
    if (byteLength > most) throw wrong(`has ${byteLength} bytes`);
    return file.read(offset, byteLength);
  };
  const order = byName.get(`${folder}/byteorder`);
  if (order && (await contentOf(order, longestByteOrder)).toString('latin1').trim() !== 'little') {
    throw damaged({ source: file.path }, 'its numbers are big-endian');
  }
  const { value } = unpickle(await contentOf(pickle, longestPickles), torchRules(file.path));
  const places = new Map(
    entries
      .filter(({ name, stored }) => stored && dirname(name) === `${folder}/data`)
      .map((entry) => [basename(entry.name), entry]),
  );
  return torchWeights(file, value, places);
}

/** Magic number, protocol, facts about the machine, state dict, keys of the storages; then the storages. */
async function openPickles(file: OpenFile): Promise<Weights> {
  const bytes = await file.read(0, Math.min(file.size, longestPickles));
  const storages = new Map<string, Storage>();
  const rules = torchRules(file.path, (storage) => storages.set(storage.key, storage));
  let end = 0;
  const next = () => {
    const pickle = unpickle(bytes, rules, end);
    end = pickle.end;
    return pickle.value;
  };
  if (next() !== magicNumber || next() !== protocolVersion) {
    throw damaged(rules, 'it does not begin as PyTorch files do');
  }
  const machine = next();
  if (!(machine instanceof Map) || machine.get('little_endian') !== true) {
    throw damaged(rules, 'its numbers are not little-endian');
  }
  const state = next();
  const keys = next();
  if (!isListOf(keys, isText)) throw damaged(rules, 'it does not list its storages');
  return torchWeights(file, state, await findStorages(file, end, keys, storages));
}

/** Storages follow one another, each after the number of its elements (8 bytes). */
async function findStorages(
  file: OpenFile,
  start: number,
  keys: readonly string[],
  storages: ReadonlyMap<string, Storage>,
): Promise<Places> {
  const places = new Map<string, { offset: number; byteLength: number }>();
  let at = start;
  for (const key of keys) {
    const storage = storages.get(key);
    if (!storage) throw damaged({ source: file.path }, `storage ${shownText(key)} belongs to no tensor`);
    const length = Number((await file.read(at, 8)).readBigUInt64LE());
    if (length !== storage.length) {
      throw damaged(
        { source: file.path },
        `storage ${shownText(key)} has ${length} elements instead of ${storage.length}`,
      );
    }
    const byteLength = length * elementBytes(storage.dtype);
    places.set(key, { offset: at + 8, byteLength });
    at += 8 + byteLength;
  }
  if (at > file.size) {
    throw damaged({ source: file.path }, `it ends at byte ${file.size} instead of ${at}: it is truncated`);
  }
  return places;
}
