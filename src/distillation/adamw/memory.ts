/**
 * Everything that training changes, in one WebAssembly.Memory: parameters p and the moments m and v of Adam.
 *
 * The memory is unshared, so that views of it can be fed to a session without a copy (the engine refuses shared memory)
 * while the optimizer's kernel updates them in place. Knows no optimizer formula and no session.
 */
import { ConfigError, RuntimeError } from '../../errors.ts';

/** A parameter to train. `data` is copied; without it the parameter starts at 0. */
export interface TrainingParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data?: Float32Array;
  /** Does weight decay apply to it? See ../decay.ts. */
  readonly decay: boolean;
}

/** Where a parameter lies: its elements begin at `start` in each of the regions p, m and v. */
export interface Slot {
  readonly name: string;
  readonly shape: readonly number[];
  readonly decay: boolean;
  /** In elements, a multiple of 4. */
  readonly start: number;
  /** In elements, without the padding up to the next multiple of 4. */
  readonly length: number;
}

export interface TrainingMemory {
  readonly memory: WebAssembly.Memory;
  readonly slots: readonly Slot[];
  /** Optimizer steps taken. */
  step: number;
  /** Whole regions, padding (always 0) included. */
  readonly p: Float32Array;
  readonly m: Float32Array;
  readonly v: Float32Array;
  /** Room for `scratch.length` elements of gradients at a time. */
  readonly scratch: Float32Array;
  /** View of a parameter: reading and writing it reads and writes the state. Throws ConfigError for an unknown name. */
  parameter(name: string): Float32Array;
  /** Views of a parameter's moments. */
  firstMoment(name: string): Float32Array;
  secondMoment(name: string): Float32Array;
}

const lanes = 4;
const pageBytes = 65_536;
const maximumBytes = 65_536 * pageBytes;

/** 256 KiB: gradients pass through the processor's cache on their way to the kernel. */
const scratchLength = 65_536;

/**
 * Lays out p, m, v and a scratch region, each parameter at a multiple of 16 bytes, and copies the initial values in.
 * Throws ConfigError for a name given twice, data that do not fit their shape, or more than 4 GiB; RuntimeError if the
 * machine does not have the memory.
 */
export function createTrainingMemory(parameters: readonly TrainingParameter[]): TrainingMemory {
  const slots = layOut(parameters);
  const last = slots.at(-1);
  const regionLength = last === undefined ? 0 : last.start + padded(last.length);
  const memory = allocate((3 * regionLength + scratchLength) * Float32Array.BYTES_PER_ELEMENT);
  const region = (index: number, length: number) =>
    new Float32Array(memory.buffer, index * regionLength * Float32Array.BYTES_PER_ELEMENT, length);
  const p = region(0, regionLength);
  const m = region(1, regionLength);
  const v = region(2, regionLength);
  for (const [index, { start }] of slots.entries()) {
    const data = parameters[index]?.data;
    if (data !== undefined) p.set(data, start);
  }

  const byName = new Map(slots.map((slot) => [slot.name, slot]));
  const view = (of: Float32Array, name: string) => {
    const slot = byName.get(name);
    if (slot === undefined) throw unknownParameter(name);
    return of.subarray(slot.start, slot.start + slot.length);
  };
  return {
    memory,
    slots,
    step: 0,
    p,
    m,
    v,
    scratch: region(3, scratchLength),
    parameter: (name) => view(p, name),
    firstMoment: (name) => view(m, name),
    secondMoment: (name) => view(v, name),
  };
}

/** Elements up to the next whole vector: the kernel then needs no tail, for zeros stay zeros. */
export function padded(length: number): number {
  return Math.ceil(length / lanes) * lanes;
}

function layOut(parameters: readonly TrainingParameter[]): Slot[] {
  const names = new Set<string>();
  let start = 0;
  return parameters.map(({ name, shape, data, decay }) => {
    const length = shape.reduce((product, size) => product * size, 1);
    if (names.has(name)) {
      throw new ConfigError(
        `The parameter '${name}' is given twice.`,
        'Give every parameter a name of its own.',
      );
    }
    if (data !== undefined && data.length !== length) {
      throw new ConfigError(
        `The parameter '${name}' has shape [${shape.join(', ')}] but ${data.length} values.`,
        `Give ${length} values.`,
      );
    }
    names.add(name);
    const slot = { name, shape, decay, start, length };
    start += padded(length);
    return slot;
  });
}

function allocate(bytes: number): WebAssembly.Memory {
  const size = `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  if (bytes > maximumBytes) {
    throw new ConfigError(
      `The training state needs ${size} (parameters and two moments, 12 bytes each), and 4 GiB is the most it can have.`,
      'Train a smaller student, or freeze a part of it.',
    );
  }
  const pages = Math.max(1, Math.ceil(bytes / pageBytes));
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (cause) {
    throw new RuntimeError(
      `The training state needs ${size} of memory, which this machine does not give.`,
      'Close other programs, raise the memory limit, or train a smaller student.',
      { cause },
    );
  }
}

function unknownParameter(name: string): ConfigError {
  return new ConfigError(
    `No parameter '${name}' is trained.`,
    'Use a name that the training memory was created with.',
  );
}
