/**
 * Checks what is about to be fed to a session, so that a mistake is reported by name and in our words.
 *
 * Knows no engine.
 */
import { RuntimeError } from "../errors.js";
/** The class of the elements of each type; float16 are held as their bits. */
const arrays = {
    float32: Float32Array,
    float16: Uint16Array,
    int64: BigInt64Array,
    int32: Int32Array,
    bool: Uint8Array,
    uint8: Uint8Array,
    int8: Int8Array,
};
/** Is `type` one that a Tensor can hold? */
export function isTensorType(type) {
    return Object.hasOwn(arrays, type);
}
/** Throws RuntimeError unless `feeds` are exactly the tensors that `inputs` ask for. `session` is a name for errors. */
export function checkFeeds(session, inputs, feeds) {
    const names = inputs.map(({ name }) => name);
    checkNames(session, 'input', names, Object.keys(feeds));
    for (const input of inputs) {
        const tensor = feeds[input.name];
        if (tensor === undefined) {
            throw new RuntimeError(`The session '${session}' was not given its input '${input.name}'.`, `Feed ${list(names)}.`);
        }
        checkTensor(`The input '${input.name}' of the session '${session}'`, input, tensor);
    }
}
/** Throws RuntimeError if one of `asked` is not among `known`. */
export function checkNames(session, kind, known, asked) {
    const stranger = asked.find((name) => !known.includes(name));
    if (stranger === undefined)
        return;
    throw new RuntimeError(`The session '${session}' has no ${kind} '${stranger}'.`, `Its ${kind}s are ${list(known)}.`);
}
function checkTensor(subject, { type, shape }, tensor) {
    if (tensor.type !== type) {
        throw new RuntimeError(`${subject} is ${type}, but was given ${tensor.type}.`, `Feed a tensor of type ${type}.`);
    }
    const array = arrays[tensor.type];
    if (!(tensor.data instanceof array)) {
        throw new RuntimeError(`${subject} was given ${tensor.type} values in a ${tensor.data.constructor.name}.`, `Put them into a ${array.name}.`);
    }
    const fits = shape.length === tensor.shape.length && shape.every((size, i) => sizesFit(size, tensor.shape[i]));
    if (!fits) {
        throw new RuntimeError(`${subject} has shape ${shapeText(shape)}, but was given ${shapeText(tensor.shape)}.`, 'Feed a tensor of that shape.');
    }
    const size = tensor.shape.reduce((product, length) => product * length, 1);
    if (size !== tensor.data.length) {
        throw new RuntimeError(`${subject} was given the shape ${shapeText(tensor.shape)} with ${tensor.data.length} values.`, `Give ${size} values; a view of a WebAssembly.Memory that has grown is empty.`);
    }
    if (typeof SharedArrayBuffer !== 'undefined' && tensor.data.buffer instanceof SharedArrayBuffer) {
        throw new RuntimeError(`${subject} was given shared memory, which the engine refuses.`, 'Use unshared memory.');
    }
}
const sizesFit = (expected, found) => typeof expected === 'string' || expected === found;
const shapeText = (shape) => `[${shape.map((size) => (size === '' ? '?' : size)).join(', ')}]`;
const list = (names) => names.length === 0 ? 'none' : names.map((name) => `'${name}'`).join(', ');
//# sourceMappingURL=feeds.js.map