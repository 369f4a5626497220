/**
 * A restricted reader of Python pickles: plain values, and those globals that the caller lists.
 *
 * A pickle is a program that may call any function of Python; loading one from a stranger runs a stranger's code.
 * This reader runs nothing: a global that is not listed is refused by name, and so is every operation that state
 * dicts do not need. What it takes of memory and time is bounded by a small multiple of the pickle's length. Written
 * from the opcode descriptions of Python's `pickletools`. Knows no tensor.
 */
import { CheckpointError } from '../errors.ts';
import {
  type Cursor,
  damaged,
  line,
  longInteger,
  take,
  uint8,
  uint16,
  uint32,
  uint64,
} from './pickleCursor.ts';
import { shownText } from './shown.ts';

/** A global that a pickle may name. */
export interface AllowedGlobal {
  /** Module and name with a dot between, as in `collections.OrderedDict`. */
  readonly name: string;
  /** What stands in for calling it; without it the global is a mere value. */
  readonly call?: (args: readonly unknown[]) => unknown;
}

export interface PickleRules {
  /** The file, for messages. */
  readonly source: string;
  readonly globals: ReadonlyMap<string, AllowedGlobal>;
  /** What a persistent id stands for. */
  persistent(id: unknown): unknown;
}

interface Machine extends Cursor {
  readonly rules: PickleRules;
  readonly stack: unknown[];
  /** Heights of the stack at the open marks. */
  readonly marks: number[];
  readonly memo: Map<number, unknown>;
  /** Lists, tuples and dictionaries made, and calls done. */
  made: number;
}

/**
 * What stands for every Python object that is of no use here: nothing is made and nothing is run, and the state that
 * a pickle sets on it is dropped.
 */
export const opaque = Object.freeze({ kind: 'opaque' });

/** An empty dictionary takes one byte in a pickle and hundreds in memory; a tensor needs about ten such objects. */
const mostObjects = 2 ** 20;

type Operation = (machine: Machine) => void;

/**
 * The value of the pickle that begins at `at`, and where the pickle ends. Lists and tuples become arrays,
 * dictionaries Maps, integers numbers (bigint where a number is not exact), bytes Buffers.
 * Throws CheckpointError if it is damaged, names a global that is not allowed, or needs an unsupported operation.
 */
export function unpickle(bytes: Buffer, rules: PickleRules, at = 0): { value: unknown; end: number } {
  const machine: Machine = {
    bytes,
    source: rules.source,
    rules,
    stack: [],
    marks: [],
    memo: new Map(),
    at,
    made: 0,
  };
  for (;;) {
    const code = take(machine, 1)[0] as number;
    if (code === STOP) break;
    const operation = operations.get(code);
    if (!operation) {
      const shown = `0x${code.toString(16).padStart(2, '0')}`;
      throw damaged(rules, `operation ${shown} at byte ${machine.at - 1} is not supported`);
    }
    operation(machine);
  }
  return { value: pop(machine), end: machine.at };
}

function pop(machine: Machine): unknown {
  const { stack, marks, rules } = machine;
  if (stack.length <= (marks.at(-1) ?? 0)) throw damaged(rules, 'its pickle takes from an empty stack');
  return stack.pop();
}

/** Everything above the last mark, which is removed. */
function popMark(machine: Machine): unknown[] {
  const mark = machine.marks.pop();
  if (mark === undefined) throw damaged(machine.rules, 'its pickle lacks a mark');
  return machine.stack.splice(mark);
}

function top(machine: Machine): unknown {
  const value = pop(machine);
  machine.stack.push(value);
  return value;
}

function remember(machine: Machine, place: number): void {
  machine.memo.set(place, top(machine));
}

function recall(machine: Machine, place: number): void {
  if (!machine.memo.has(place))
    throw damaged(machine.rules, `its pickle recalls ${place}, which it never kept`);
  machine.stack.push(machine.memo.get(place));
}

function append(machine: Machine, values: readonly unknown[]): void {
  const list = top(machine);
  if (!Array.isArray(list)) throw damaged(machine.rules, 'its pickle appends to what is no list');
  for (const value of values) list.push(value);
}

function setItems(machine: Machine, items: readonly unknown[]): void {
  const map = top(machine);
  if (!(map instanceof Map)) throw damaged(machine.rules, 'its pickle sets items of what is no dictionary');
  if (items.length % 2 !== 0) throw damaged(machine.rules, 'its pickle sets a key without a value');
  for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
}

function pushGlobal(machine: Machine, module: unknown, name: unknown): void {
  // What is no text could spell an allowed name, or take all memory to spell anything.
  if (typeof module !== 'string' || typeof name !== 'string') {
    throw damaged(machine.rules, 'its pickle names a global by what is no text');
  }
  const global = machine.rules.globals.get(`${module}.${name}`);
  if (!global) {
    throw new CheckpointError(
      `${machine.rules.source} asks for the Python global ${shownText(`${module}.${name}`)}, which weights do not need.`,
      'It was refused and nothing was run; use a file that you trust, best in safetensors form.',
    );
  }
  machine.stack.push(global);
}

function callGlobal(machine: Machine): void {
  const args = pop(machine);
  const target = pop(machine);
  const global = isGlobal(machine, target) ? target : undefined;
  if (!global?.call || !Array.isArray(args)) {
    throw damaged(machine.rules, `its pickle calls ${global?.name ?? 'what is no function'}`);
  }
  countObject(machine);
  machine.stack.push(global.call(args));
}

/** By identity: a value of the pickle may look like anything. */
function isGlobal(machine: Machine, value: unknown): value is AllowedGlobal {
  const { name } = (value ?? {}) as { name?: unknown };
  return typeof name === 'string' && machine.rules.globals.get(name) === value;
}

/**
 * Sets the state of an object. State dicts hang `_metadata` on a dictionary, which nobody needs; a ParameterDict keeps its
 * entries in the `_parameters` of its state.
 */
function build(machine: Machine): void {
  const state = pop(machine);
  const target = top(machine);
  if (!(target instanceof Map) && target !== opaque)
    throw damaged(machine.rules, 'its pickle sets the state of an object');
  const entries: unknown = state instanceof Map ? state.get('_parameters') : undefined;
  if (!(target instanceof Map) || !(entries instanceof Map)) return;
  // A pickle may name one large state any number of times.
  countObject(machine, entries.size);
  for (const [key, value] of entries) target.set(key, value);
}

function countObject(machine: Machine, count = 1): void {
  machine.made += count;
  if (machine.made > mostObjects)
    throw damaged(machine.rules, `its pickle makes over ${mostObjects} objects`);
}

const STOP = 0x2e;

/** Pushes the value that the bytes after the operation spell. */
const push =
  (read: (machine: Machine) => unknown): Operation =>
  (machine) => {
    machine.stack.push(read(machine));
  };

/** Pushes a new list, tuple or dictionary. */
const make =
  (read: (machine: Machine) => unknown): Operation =>
  (machine) => {
    countObject(machine);
    machine.stack.push(read(machine));
  };

/** Replaces the topmost `length` values by a tuple of them. */
const tuple = (length: number): Operation =>
  make((machine) => Array.from({ length }, () => pop(machine)).reverse());

const text = (bytes: Buffer) => bytes.toString('utf8');

const operations: ReadonlyMap<number, Operation> = new Map<number, Operation>([
  [0x80 /* PROTO */, uint8],
  [0x95 /* FRAME */, uint64],

  [0x4e /* NONE */, push(() => null)],
  [0x88 /* NEWTRUE */, push(() => true)],
  [0x89 /* NEWFALSE */, push(() => false)],
  [0x4a /* BININT */, push((machine) => take(machine, 4).readInt32LE())],
  [0x4b /* BININT1 */, push(uint8)],
  [0x4d /* BININT2 */, push(uint16)],
  [0x8a /* LONG1 */, push((machine) => longInteger(machine, uint8(machine)))],
  [0x8b /* LONG4 */, push((machine) => longInteger(machine, uint32(machine)))],
  [0x47 /* BINFLOAT */, push((machine) => take(machine, 8).readDoubleBE())],
  [0x58 /* BINUNICODE */, push((machine) => text(take(machine, uint32(machine))))],
  [0x8c /* SHORT_BINUNICODE */, push((machine) => text(take(machine, uint8(machine))))],
  [0x8d /* BINUNICODE8 */, push((machine) => text(take(machine, uint64(machine))))],
  [0x54 /* BINSTRING */, push((machine) => text(take(machine, uint32(machine))))],
  [0x55 /* SHORT_BINSTRING */, push((machine) => text(take(machine, uint8(machine))))],
  [0x42 /* BINBYTES */, push((machine) => take(machine, uint32(machine)))],
  [0x43 /* SHORT_BINBYTES */, push((machine) => take(machine, uint8(machine)))],

  [0x28 /* MARK */, (machine) => machine.marks.push(machine.stack.length)],
  [0x30 /* POP */, (machine) => pop(machine)],
  [0x31 /* POP_MARK */, (machine) => popMark(machine)],
  [0x29 /* EMPTY_TUPLE */, make(() => [])],
  [0x74 /* TUPLE */, make(popMark)],
  [0x85 /* TUPLE1 */, tuple(1)],
  [0x86 /* TUPLE2 */, tuple(2)],
  [0x87 /* TUPLE3 */, tuple(3)],
  [0x5d /* EMPTY_LIST */, make(() => [])],
  [0x61 /* APPEND */, (machine) => append(machine, [pop(machine)])],
  [0x65 /* APPENDS */, (machine) => append(machine, popMark(machine))],
  [0x7d /* EMPTY_DICT */, make(() => new Map())],
  [0x73 /* SETITEM */, (machine) => setItems(machine, [pop(machine), pop(machine)].reverse())],
  [0x75 /* SETITEMS */, (machine) => setItems(machine, popMark(machine))],

  [0x71 /* BINPUT */, (machine) => remember(machine, uint8(machine))],
  [0x72 /* LONG_BINPUT */, (machine) => remember(machine, uint32(machine))],
  [0x94 /* MEMOIZE */, (machine) => remember(machine, machine.memo.size)],
  [0x68 /* BINGET */, (machine) => recall(machine, uint8(machine))],
  [0x6a /* LONG_BINGET */, (machine) => recall(machine, uint32(machine))],

  [0x63 /* GLOBAL */, (machine) => pushGlobal(machine, line(machine), line(machine))],
  [
    0x93 /* STACK_GLOBAL */,
    (machine) => pushGlobal(machine, ...([pop(machine), pop(machine)].reverse() as [unknown, unknown])),
  ],
  [0x52 /* REDUCE */, callGlobal],
  // Makes an object of a class, here as a call of it does.
  [0x81 /* NEWOBJ */, callGlobal],
  [0x62 /* BUILD */, build],
  [0x51 /* BINPERSID */, push((machine) => machine.rules.persistent(pop(machine)))],
]);
