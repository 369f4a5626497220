/**
 * A very small assembler for WebAssembly modules with SIMD: just what a numeric loop needs.
 *
 * Code is written as nested expressions, `f32x4.add(a, b)`, each of which is the list of bytes that leaves its value
 * on the stack; so a kernel reads like its formula, and no compiler is needed at install time.
 * Numbers of instructions and sections: WebAssembly Core Specification 2.0, chapter 5 (binary format).
 * Knows nothing of what is computed.
 */

/** Bytes of instructions. */
export type Code = readonly number[];

export type ValueType = 'i32' | 'f32' | 'v128';

const valueTypes: Readonly<Record<ValueType, number>> = { i32: 0x7f, f32: 0x7d, v128: 0x7b };

/** A parameter or local variable of a function. */
export interface Local {
  readonly get: Code;
  set(value: Code): Code;
}

/** An exported function without a result. */
export interface WasmFunction {
  readonly name: string;
  readonly params: readonly ValueType[];
  readonly locals: readonly ValueType[];
  readonly body: Code;
}

type Types = Readonly<Record<string, ValueType>>;

/**
 * Describes an exported function. `params` and `locals` name the variables and their types, in the order in which the
 * caller passes the former; `body` gets them by name and returns the code. Names must differ.
 */
export function defineFunction<P extends Types, L extends Types>(
  name: string,
  params: P,
  locals: L,
  body: (variables: { readonly [K in keyof P | keyof L]: Local }) => readonly Code[],
): WasmFunction {
  const names = [...Object.keys(params), ...Object.keys(locals)];
  const variables = Object.fromEntries(names.map((variable, index) => [variable, local(index)]));
  return {
    name,
    params: Object.values(params),
    locals: Object.values(locals),
    body: body(variables as { [K in keyof P | keyof L]: Local }).flat(),
  };
}

function local(index: number): Local {
  return {
    get: [0x20, ...unsigned(index)],
    set: (value) => [...value, 0x21, ...unsigned(index)],
  };
}

/** Instructions on 32-bit integers, which are also addresses. */
export const i32 = {
  constant: (value: number): Code => [0x41, ...signed(value)],
  add: (a: Code, b: Code): Code => [...a, ...b, 0x6a],
  subtract: (a: Code, b: Code): Code => [...a, ...b, 0x6b],
};

const simd = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
const binary =
  (opcode: number) =>
  (a: Code, b: Code): Code => [...a, ...b, ...simd(opcode)];
const unary =
  (opcode: number) =>
  (a: Code): Code => [...a, ...simd(opcode)];

/** Every load and store promises addresses that are multiples of 16 bytes (2 ** 4), at offset 0. */
const aligned16: Code = [4, 0];

/** Instructions on four float32 at once. */
export const f32x4 = {
  load: (address: Code): Code => [...address, ...simd(0), ...aligned16],
  store: (address: Code, value: Code): Code => [...address, ...value, ...simd(11), ...aligned16],
  splat: unary(19),
  lessThan: binary(67),
  /** Bitwise a and not b: makes the lanes of `a` where the comparison `b` holds +0, and keeps the others. */
  zeroWhere: binary(79),
  abs: unary(224),
  sqrt: unary(227),
  add: binary(228),
  subtract: binary(229),
  multiply: binary(230),
  divide: binary(231),
};

/** Runs `code` once, and again as long as `condition` (an i32) is not 0 after it. */
export function repeatWhile(condition: Code, code: readonly Code[]): Code {
  const loop = 0x03;
  const noResult = 0x40;
  const branchIf = 0x0d;
  return [loop, noResult, ...code.flat(), ...condition, branchIf, 0, end];
}

const end = 0x0b;

/** The bytes of a module that works on the memory it imports as `env.memory` and exports `functions`. */
export function assemble(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const magicAndVersion = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  const functionKind = 0x00;
  const memoryKind = 0x02;
  const anySize = [0x00, 0x01]; // no maximum, at least 1 page of 64 KiB
  return Uint8Array.from([
    ...magicAndVersion,
    ...section(1, functions.map(signature)),
    ...section(2, [[...text('env'), ...text('memory'), memoryKind, ...anySize]]),
    ...section(
      3,
      functions.map((_, type) => unsigned(type)),
    ),
    ...section(
      7,
      functions.map(({ name }, index) => [...text(name), functionKind, ...unsigned(index)]),
    ),
    ...section(10, functions.map(codeEntry)),
  ]);
}

function signature({ params }: WasmFunction): Code {
  return [0x60, ...vector(params.map((type) => [valueTypes[type]])), ...vector([])];
}

function codeEntry({ locals, body }: WasmFunction): Code {
  const declared = vector(locals.map((type) => [1, valueTypes[type]]));
  return sized([...declared, ...body, end]);
}

const section = (id: number, items: readonly Code[]): Code => [id, ...sized(vector(items))];
const vector = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const sized = (bytes: Code): Code => [...unsigned(bytes.length), ...bytes];
const text = (name: string): Code => sized([...new TextEncoder().encode(name)]);

/** LEB128: seven bits a byte, lowest first, the top bit says that more follow. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** As `unsigned`; the second-highest bit of the last byte is the sign. */
function signed(value: number): number[] {
  return value >= -64 && value < 64 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}
