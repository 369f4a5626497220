import { CheckpointError } from "../errors.js";
import { writeAll, writeFileAtomic } from "./atomic.js";
import { bytesOf, dtypes, elementBytes, elementCount, holds } from "./dtype.js";
import { float32ToBfloat16, float32ToHalf } from "./half.js";
import { metadataKey } from "./safetensors.js";
/**
 * Writes a file atomically; equal tensors and metadata give equal bytes, whatever their order.
 * Throws CheckpointError if a tensor's data does not fit its type and shape, if a name comes twice, or if a value
 * is too large for F16.
 */
export async function writeSafetensors(path, tensors, metadata = {}) {
    const inOrder = [...tensors].sort(byTypeAndName);
    for (const [i, tensor] of inOrder.entries())
        checkTensor(path, tensor, inOrder[i - 1]);
    const header = headerOf(inOrder, metadata);
    await writeFileAtomic(path, async (handle) => {
        await writeAll(handle, header);
        for (const tensor of inOrder)
            await writeAll(handle, rawBytes(path, tensor));
    });
}
function byTypeAndName(a, b) {
    return (dtypes.indexOf(b.dtype) - dtypes.indexOf(a.dtype) || Buffer.from(a.name).compare(Buffer.from(b.name)));
}
function headerOf(tensors, metadata) {
    const keys = Object.keys(metadata).sort();
    const fields = keys.length > 0 ? [[metadataKey, Object.fromEntries(keys.map((key) => [key, metadata[key]]))]] : [];
    let end = 0;
    for (const { name, dtype, shape, data } of tensors) {
        const begin = end;
        end += data.length * elementBytes(dtype);
        fields.push([name, { dtype, shape, data_offsets: [begin, end] }]);
    }
    // An object would move names that look like numbers to the front.
    const json = fields.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',');
    const text = Buffer.from(`{${json}}`);
    const length = Math.ceil(text.length / 8) * 8;
    const header = Buffer.alloc(8 + length, ' ');
    header.writeBigUInt64LE(BigInt(length));
    text.copy(header, 8);
    return header;
}
function checkTensor(path, tensor, before) {
    const { name, dtype, shape, data } = tensor;
    const wrong = (what) => new CheckpointError(`Tensor ${name} for ${path} ${what}.`, 'Give each tensor a name and fitting data.');
    if (name === metadataKey)
        throw wrong('has a name that the format keeps for itself');
    if (name === before?.name)
        throw wrong('comes twice');
    if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
        throw wrong(`has the shape [${shape.join(', ')}], not a list of sizes`);
    }
    if (!holds(data, dtype) && !rounds(dtype, data)) {
        throw wrong(`is to be ${dtype}, but its data is in a ${data.constructor.name}`);
    }
    if (elementCount(shape) !== data.length) {
        throw wrong(`has ${data.length} elements, but the shape [${shape.join(', ')}]`);
    }
}
function rounds(dtype, data) {
    return (dtype === 'F16' || dtype === 'BF16') && data instanceof Float32Array;
}
function rawBytes(path, { name, dtype, data }) {
    if (!rounds(dtype, data))
        return bytesOf(data);
    if (dtype === 'BF16')
        return bytesOf(float32ToBfloat16(data));
    const largest = data.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0);
    if (largest >= 65520) {
        throw new CheckpointError(`Tensor ${name} for ${path} holds ${largest}, which is too large for F16.`, 'Store it as F32 or BF16.');
    }
    return bytesOf(float32ToHalf(data));
}
//# sourceMappingURL=safetensorsWriter.js.map