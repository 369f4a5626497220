/**
 * The tensors that the pickle of a PyTorch checkpoint describes: views of storages, each with offset, shape and strides.
 *
 * Checks every one against its storage, wherever in the file the storages lie. Knows neither layout of the file
 * (torchFile.ts) nor Python's opcodes (pickle.ts).
 */
import { CheckpointError } from '../errors.ts';
import { type DType, elementBytes, elementCount, isDType } from './dtype.ts';
import type { OpenFile } from './file.ts';
import { type AllowedGlobal, opaque, type PickleRules } from './pickle.ts';
import { damaged } from './pickleCursor.ts';
import { shownSizes, shownText } from './shown.ts';
import type { TensorEntry, Weights } from './tensorEntry.ts';
import { type Meaning, torchGlobals } from './torchGlobals.ts';

/** A run of equal elements, of which tensors are views. */
export interface Storage {
  readonly key: string;
  readonly dtype: DType;
  /** In elements. */
  readonly length: number;
  /** The first element that this view of the storage shows (older layout only). */
  readonly first: number;
}

interface TensorView {
  readonly kind: 'tensor';
  readonly storage: Storage;
  /** In elements, as are the strides. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** Where the bytes of each storage lie in the file, by key. */
export type Places = ReadonlyMap<string, { readonly offset: number; readonly byteLength: number }>;

type Call = NonNullable<AllowedGlobal['call']>;

/** As many as PyTorch itself can work with. */
const mostAxes = 64;

/** Pairs of all dictionaries that are made from lists: a pickle may name one list any number of times. */
const mostPairs = 2 ** 20;

/** The globals that a checkpoint may name, and what stands in for each. `onStorage` sees every storage. */
export function torchRules(source: string, onStorage: (storage: Storage) => unknown = () => {}): PickleRules {
  let pairCount = 0;
  const dictionary: Call = ([pairs = []]) => {
    if (!isListOf(pairs, isPair))
      throw damaged({ source }, 'a dictionary of it is made from what are no pairs');
    pairCount += pairs.length;
    if (pairCount > mostPairs)
      throw damaged({ source }, `its dictionaries are made from over ${mostPairs} pairs`);
    return new Map(pairs);
  };
  const calls: Readonly<Record<Exclude<Meaning, DType>, Call>> = {
    tensor: (args) => tensorView(source, args),
    first: ([value]) => value,
    dictionary,
    emptyDictionary: () => new Map(),
    opaque: () => opaque,
  };
  const globals = Array.from(torchGlobals, ([name, meaning]): [string, AllowedGlobal] => [
    name,
    isDType(meaning) ? { name } : { name, call: calls[meaning] },
  ]);
  return {
    source,
    globals: new Map(globals),
    persistent: (id) => {
      const storage = storageOf(source, id);
      onStorage(storage);
      return storage;
    },
  };
}

function tensorView(source: string, [storage, offset, shape, strides]: readonly unknown[]): TensorView {
  if (!isStorage(storage) || !isCount(offset) || !isSizes(shape) || !isSizes(strides)) {
    throw damaged({ source }, 'a tensor of it is not described as tensors are');
  }
  // Copies: the pickle may go on to change its lists.
  return { kind: 'tensor', storage, offset, shape: [...shape], strides: [...strides] };
}

/** The persistent id of a storage: 'storage', its type, its key, a device, its length, and maybe a view of it. */
function storageOf(source: string, id: unknown): Storage {
  const [kind, type, key, , length, view = null] = Array.isArray(id) ? id : [];
  const dtype = torchGlobals.get((type as AllowedGlobal | null | undefined)?.name ?? '');
  if (kind !== 'storage' || !isDType(dtype) || !isText(key) || !isCount(length)) {
    throw damaged({ source }, 'a storage of it is not described as storages are');
  }
  const first = Array.isArray(view) ? view[1] : 0;
  if (!isCount(first)) {
    throw damaged({ source }, `the view of storage ${shownText(key)} is not described as views are`);
  }
  return { key, dtype, length, first };
}

/** Where training code puts the dictionary of tensors: that of a model, and that of a textual inversion. */
const nestedUnder = ['state_dict', 'string_to_param'] as const;

/**
 * The tensors of the dictionary `state`, or of the dictionary that it holds under one of `nestedUnder`.
 * What is no tensor (the number of steps, say) is left out; a dictionary of such things alone is refused.
 */
export function torchWeights(file: OpenFile, state: unknown, places: Places): Weights {
  if (!(state instanceof Map)) throw damaged({ source: file.path }, 'it does not hold a dictionary');
  const nested = nestedUnder.map((key): unknown => state.get(key)).find((value) => value instanceof Map);
  const dictionary: ReadonlyMap<unknown, unknown> = nested instanceof Map ? nested : state;
  const tensors = new Map<string, TensorEntry>();
  for (const [name, tensor] of dictionary) {
    if (!isTensor(tensor)) continue;
    if (!isText(name)) throw damaged({ source: file.path }, 'a tensor of it stands under what is no name');
    tensors.set(name, entryOf(file, name, tensor, places));
  }
  if (tensors.size === 0 && dictionary.size > 0) {
    const names = shownText([...dictionary.keys()].filter(isText).join(', '));
    throw damaged({ source: file.path }, `it holds no tensor, only ${names || 'other things'}`);
  }
  return { source: file.path, tensors, metadata: {} };
}

function entryOf(file: OpenFile, name: string, tensor: TensorView, places: Places): TensorEntry {
  const { storage, offset, shape, strides } = tensor;
  const { key, dtype, length } = storage;
  const size = elementBytes(dtype);
  const place = places.get(key);
  const wrong = (what: string) => damaged({ source: file.path }, what);
  const shown = shownText(name);
  if (!place) throw wrong(`the storage of tensor ${shown} is missing or compressed`);
  if (place.byteLength !== length * size) {
    throw wrong(`the storage of tensor ${shown} has ${place.byteLength} bytes`);
  }
  const count = elementCount(shape) ?? Number.POSITIVE_INFINITY;
  const first = storage.first + offset;
  if (first + count > length) throw wrong(`tensor ${shown} exceeds its storage`);
  if (!isContiguous(shape, strides)) {
    throw new CheckpointError(
      `Tensor ${shown} of ${file.path} is not contiguous: shape ${shownSizes(shape)}, strides ${shownSizes(strides)}.`,
      'Use the safetensors form of the checkpoint, which stores every tensor contiguously.',
    );
  }
  return {
    name,
    dtype,
    shape,
    file: file.realPath,
    offset: place.offset + first * size,
    byteLength: count * size,
  };
}

/** Whether the elements lie row-major without gaps; the stride along an axis of one element does not matter. */
function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  if (shape.length !== strides.length) return false;
  if (shape.includes(0)) return true;
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] as number;
    if (size !== 1 && strides[axis] !== expected) return false;
    expected *= size;
  }
  return true;
}

function isTensor(value: unknown): value is TensorView {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'tensor';
}

function isStorage(value: unknown): value is Storage {
  return typeof value === 'object' && value !== null && 'dtype' in value;
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= mostAxes && value.every(isCount);
}

function isPair(value: unknown): value is [unknown, unknown] {
  return Array.isArray(value) && value.length === 2;
}

export function isListOf<Element>(
  value: unknown,
  isElement: (item: unknown) => item is Element,
): value is Element[] {
  return Array.isArray(value) && value.every(isElement);
}
