/**
 * Where the tensors of a checkpoint lie: name, type, shape, and the place of the bytes in a file.
 *
 * The bytes stay there until somebody asks: graphs point the engine at them. Knows no file format and no model.
 */
import { CheckpointError } from "../errors.js";
import { bytesOf, elementBytes, newArray } from "./dtype.js";
import { withFile } from "./file.js";
import { bfloat16ToFloat32, halfToFloat32 } from "./half.js";
/** The entry called `name`. Throws CheckpointError if there is none. */
export function tensorNamed(weights, name) {
    const entry = weights.tensors.get(name);
    if (entry)
        return entry;
    throw new CheckpointError(`${weights.source} holds no tensor ${name}.`, 'Check that the weights belong to the config beside them.');
}
/** The raw elements, row-major; F16 and BF16 as bit patterns. Throws CheckpointError if the file cannot be read. */
export async function readTensor(entry) {
    const data = newArray(entry.dtype, entry.byteLength / elementBytes(entry.dtype));
    await withFile(entry.file, (file) => file.readInto(bytesOf(data), entry.offset));
    return data;
}
/**
 * The elements as float32, row-major; F16 and BF16 widen exactly.
 * Throws CheckpointError for integers and F64, which float32 does not hold exactly.
 */
export async function readFloat32(entry) {
    const { name, dtype, file } = entry;
    if (dtype === 'F32')
        return readTensor({ ...entry, dtype });
    if (dtype === 'F16')
        return halfToFloat32(await readTensor({ ...entry, dtype }));
    if (dtype === 'BF16')
        return bfloat16ToFloat32(await readTensor({ ...entry, dtype }));
    throw new CheckpointError(`Tensor ${name} of ${file} is ${dtype}, which float32 does not hold exactly.`, 'Convert the checkpoint to F32, F16 or BF16.');
}
/**
 * The same tensors under other names; those for which `rename` gives undefined are left out.
 * Throws CheckpointError if two tensors get one name.
 */
export function renameWeights(weights, rename) {
    const tensors = new Map();
    const origins = new Map();
    for (const [name, entry] of weights.tensors) {
        const renamed = rename(name);
        if (renamed === undefined)
            continue;
        const other = origins.get(renamed);
        if (other !== undefined) {
            throw new CheckpointError(`${weights.source} holds both ${other} and ${name}, which are two names of ${renamed}.`, 'Remove one of them from the file.');
        }
        origins.set(renamed, name);
        tensors.set(renamed, { ...entry, name: renamed });
    }
    return { ...weights, tensors };
}
//# sourceMappingURL=tensorEntry.js.map