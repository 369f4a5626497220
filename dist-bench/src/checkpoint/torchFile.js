/**
 * Reads a PyTorch state dict (`pytorch_model.bin`) in both of its layouts: a zip archive (since PyTorch 1.6), and
 * the older sequence of pickles followed by the raw storages.
 *
 * The pickles only describe tensors; the data lies uncompressed in the file, so entries point into it, as they do
 * for safetensors. Nothing that a pickle asks for is run (pickle.ts). Knows no model.
 */
import { basename, dirname } from 'node:path/posix';
import { CheckpointError } from "../errors.js";
import { elementBytes, elementCount } from "./dtype.js";
import { withFile } from "./file.js";
import { damaged, unpickle } from "./pickle.js";
import { readZipEntries } from "./zip.js";
const storageTypes = new Map([
    ['torch.FloatStorage', 'F32'],
    ['torch.HalfStorage', 'F16'],
    ['torch.BFloat16Storage', 'BF16'],
    ['torch.DoubleStorage', 'F64'],
    ['torch.LongStorage', 'I64'],
    ['torch.IntStorage', 'I32'],
    ['torch.ShortStorage', 'I16'],
    ['torch.CharStorage', 'I8'],
    ['torch.ByteStorage', 'U8'],
    ['torch.BoolStorage', 'BOOL'],
]);
/** First words of the older layout. */
const magicNumber = 0x1950a86a20f9469cfc6cn;
const protocolVersion = 1001;
/** The pickles at the start of the older layout only name tensors: no real one comes near this many bytes. */
const longestPickles = 2 ** 25;
/**
 * The tensors of a state dict; tensors that share a storage have overlapping entries.
 * Throws CheckpointError if the file is damaged, names a Python global that state dicts do not need, or holds a
 * tensor that is not contiguous.
 */
export async function openTorchFile(path) {
    return withFile(path, async (file) => {
        const start = await file.read(0, Math.min(2, file.size));
        return start.toString('latin1') === 'PK' ? openArchive(file) : openPickles(file);
    });
}
async function openArchive(file) {
    const entries = await readZipEntries(file);
    const pickle = entries.find(({ name }) => basename(name) === 'data.pkl');
    if (!pickle)
        throw damaged({ source: file.path }, 'the archive holds no data.pkl');
    const folder = dirname(pickle.name);
    const contentOf = (entry) => {
        if (entry.stored)
            return file.read(entry.offset, entry.byteLength);
        throw damaged({ source: file.path }, `${entry.name} is compressed`);
    };
    const order = entries.find(({ name }) => name === `${folder}/byteorder`);
    if (order && (await contentOf(order)).toString('latin1').trim() !== 'little') {
        throw damaged({ source: file.path }, 'its numbers are big-endian');
    }
    const { value } = unpickle(await contentOf(pickle), rulesFor(file.path));
    const places = new Map(entries
        .filter(({ name, stored }) => stored && dirname(name) === `${folder}/data`)
        .map((entry) => [basename(entry.name), entry]));
    return weightsOf(file, value, places);
}
/** Magic number, protocol, facts about the machine, state dict, keys of the storages; then the storages. */
async function openPickles(file) {
    const bytes = await file.read(0, Math.min(file.size, longestPickles));
    const storages = new Map();
    const rules = rulesFor(file.path, (storage) => storages.set(storage.key, storage));
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
    if (!isListOf(keys, isText))
        throw damaged(rules, 'it does not list its storages');
    return weightsOf(file, state, await findStorages(file, end, keys, storages));
}
/** Storages follow one another, each after the number of its elements (8 bytes). */
async function findStorages(file, start, keys, storages) {
    const places = new Map();
    let at = start;
    for (const key of keys) {
        const storage = storages.get(key);
        if (!storage)
            throw damaged({ source: file.path }, `storage ${key} belongs to no tensor`);
        const length = Number((await file.read(at, 8)).readBigUInt64LE());
        if (length !== storage.length) {
            throw damaged({ source: file.path }, `storage ${key} has ${length} elements instead of ${storage.length}`);
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
/** The globals that a state dict may name, and what stands in for each. `onStorage` sees every storage. */
function rulesFor(source, onStorage = () => { }) {
    const rebuild = ([storage, offset, shape, strides]) => {
        if (!isStorage(storage) || !isCount(offset) || !isListOf(shape, isCount) || !isListOf(strides, isCount)) {
            throw damaged({ source }, 'a tensor of it is not described as tensors are');
        }
        return { kind: 'tensor', storage, offset, shape, strides };
    };
    const functions = [
        { name: 'collections.OrderedDict', call: (args) => dictionary(source, args) },
        { name: 'torch.Size', call: ([sizes]) => sizes },
        { name: 'torch._utils._rebuild_tensor', call: rebuild },
        { name: 'torch._utils._rebuild_tensor_v2', call: rebuild },
        { name: 'torch._utils._rebuild_parameter', call: ([tensor]) => tensor },
    ];
    const types = Array.from(storageTypes.keys(), (name) => ({ name }));
    return {
        source,
        globals: new Map([...functions, ...types].map((global) => [global.name, global])),
        persistent: (id) => {
            const storage = storageOf(source, id);
            onStorage(storage);
            return storage;
        },
    };
}
/** An ordered dictionary, empty or from a list of pairs. */
function dictionary(source, [pairs = []]) {
    const isPair = (pair) => Array.isArray(pair) && pair.length === 2;
    if (!isListOf(pairs, isPair))
        throw damaged({ source }, 'a dictionary of it is made from what are no pairs');
    return new Map(pairs);
}
/** The persistent id of a storage: 'storage', its type, its key, a device, its length, and maybe a view of it. */
function storageOf(source, id) {
    const [kind, type, key, , length, view = null] = Array.isArray(id) ? id : [];
    const dtype = storageTypes.get(type?.name ?? '');
    if (kind !== 'storage' || !dtype || !isText(key) || !isCount(length)) {
        throw damaged({ source }, 'a storage of it is not described as storages are');
    }
    const first = Array.isArray(view) ? view[1] : 0;
    if (!isCount(first))
        throw damaged({ source }, `the view of storage ${key} is not described as views are`);
    return { key, dtype, length, first };
}
function weightsOf(file, state, places) {
    if (!(state instanceof Map))
        throw damaged({ source: file.path }, 'it does not hold a dictionary');
    const tensors = new Map();
    for (const [name, tensor] of state) {
        if (!isText(name) || !isTensor(tensor)) {
            throw damaged({ source: file.path }, `what it holds under ${String(name)} is no tensor`);
        }
        tensors.set(name, entryOf(file, name, tensor, places));
    }
    return { source: file.path, tensors, metadata: {} };
}
function entryOf(file, name, tensor, places) {
    const { storage, offset, shape, strides } = tensor;
    const { key, dtype, length } = storage;
    const size = elementBytes(dtype);
    const place = places.get(key);
    if (!place)
        throw damaged({ source: file.path }, `the storage of tensor ${name} is missing or compressed`);
    if (place.byteLength !== length * size) {
        throw damaged({ source: file.path }, `the storage of tensor ${name} has ${place.byteLength} bytes`);
    }
    const count = elementCount(shape) ?? Number.POSITIVE_INFINITY;
    const first = storage.first + offset;
    if (first + count > length)
        throw damaged({ source: file.path }, `tensor ${name} exceeds its storage`);
    if (!isContiguous(shape, strides)) {
        throw new CheckpointError(`Tensor ${name} of ${file.path} is not contiguous: shape [${shape.join(', ')}], strides [${strides.join(', ')}].`, 'Use the safetensors form of the checkpoint, which stores every tensor contiguously.');
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
function isContiguous(shape, strides) {
    if (shape.length !== strides.length)
        return false;
    if (shape.includes(0))
        return true;
    let expected = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
        const size = shape[axis];
        if (size !== 1 && strides[axis] !== expected)
            return false;
        expected *= size;
    }
    return true;
}
function isTensor(value) {
    return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'tensor';
}
function isStorage(value) {
    return typeof value === 'object' && value !== null && 'dtype' in value;
}
function isText(value) {
    return typeof value === 'string';
}
function isCount(value) {
    return Number.isSafeInteger(value) && value >= 0;
}
function isListOf(value, isElement) {
    return Array.isArray(value) && value.every(isElement);
}
//# sourceMappingURL=torchFile.js.map