/**
 * Checks what is about to be fed to a session, so that a mistake is reported by name and in our words.
 *
 * Knows no engine.
 */
import { RuntimeError } from '../errors.ts';
import { type DeviceTensor, type Feeds, isDeviceTensor } from './keeping.ts';
import type { Tensor, TensorData, TensorType } from './tensor.ts';

/** What a model says of one input. `shape` has numbers where sizes are fixed, and names where they are not. */
export interface InputSpec {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

/** The class of the elements of each type; float16 are held as their bits. */
const arrays: Readonly<Record<TensorType, new (length: number) => TensorData>> = {
  float32: Float32Array,
  float16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  bool: Uint8Array,
  uint8: Uint8Array,
  int8: Int8Array,
};

/** Is `type` one that a Tensor can hold? */
export function isTensorType(type: string): type is TensorType {
  return Object.hasOwn(arrays, type);
}

/** Throws RuntimeError unless `feeds` are exactly the tensors that `inputs` ask for. `session` is a name for errors. */
export function checkFeeds(session: string, inputs: readonly InputSpec[], feeds: Feeds): void {
  const names = inputs.map(({ name }) => name);
  checkNames(session, 'input', names, Object.keys(feeds));
  for (const input of inputs) {
    const tensor = feeds[input.name];
    if (tensor === undefined) {
      throw new RuntimeError(
        `The session '${session}' was not given its input '${input.name}'.`,
        `Feed ${list(names)}.`,
      );
    }
    checkTensor(`The input '${input.name}' of the session '${session}'`, input, tensor);
  }
}

/** Throws RuntimeError if one of `asked` is not among `known`. */
export function checkNames(
  session: string,
  kind: 'input' | 'output',
  known: readonly string[],
  asked: readonly string[],
): void {
  const stranger = asked.find((name) => !known.includes(name));
  if (stranger === undefined) return;
  throw new RuntimeError(
    `The session '${session}' has no ${kind} '${stranger}'.`,
    `Its ${kind}s are ${list(known)}.`,
  );
}

function checkTensor(subject: string, { type, shape }: InputSpec, tensor: Tensor | DeviceTensor): void {
  if (tensor.type !== type) {
    throw new RuntimeError(
      `${subject} is ${type}, but was given ${tensor.type}.`,
      `Feed a tensor of type ${type}.`,
    );
  }
  const fits =
    shape.length === tensor.shape.length && shape.every((size, i) => sizesFit(size, tensor.shape[i]));
  if (!fits) {
    throw new RuntimeError(
      `${subject} has shape ${shapeText(shape)}, but was given ${shapeText(tensor.shape)}.`,
      'Feed a tensor of that shape.',
    );
  }
  if (!isDeviceTensor(tensor)) checkData(subject, tensor);
}

/** Are the values on the host those that type and shape promise? */
function checkData(subject: string, tensor: Tensor): void {
  const array = arrays[tensor.type];
  if (!(tensor.data instanceof array)) {
    throw new RuntimeError(
      `${subject} was given ${tensor.type} values in a ${tensor.data.constructor.name}.`,
      `Put them into a ${array.name}.`,
    );
  }
  const size = tensor.shape.reduce((product, length) => product * length, 1);
  if (size !== tensor.data.length) {
    throw new RuntimeError(
      `${subject} was given the shape ${shapeText(tensor.shape)} with ${tensor.data.length} values.`,
      `Give ${size} values; a view of a WebAssembly.Memory that has grown is empty.`,
    );
  }
  if (typeof SharedArrayBuffer !== 'undefined' && tensor.data.buffer instanceof SharedArrayBuffer) {
    throw new RuntimeError(
      `${subject} was given shared memory, which the engine refuses.`,
      'Use unshared memory.',
    );
  }
}

const sizesFit = (expected: number | string, found: number | undefined) =>
  typeof expected === 'string' || expected === found;

const shapeText = (shape: readonly (number | string)[]) =>
  `[${shape.map((size) => (size === '' ? '?' : size)).join(', ')}]`;
const list = (names: readonly string[]) =>
  names.length === 0 ? 'none' : names.map((name) => `'${name}'`).join(', ');
