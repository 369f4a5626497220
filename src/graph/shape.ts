/**
 * Shapes whose dimensions may be symbolic, and the little algebra that operators need of them.
 *
 * A symbolic dimension is a string in canonical form: a product such as `2*batch*length` (number first, names
 * sorted), whose factors are names or sums in parentheses, `(length+1)`. Two dimensions are equal only if they
 * are written the same.
 */
import { GraphError } from '../errors.ts';

export type Dim = number | string;
export type Shape = readonly Dim[];

/** `[batch, 77, 768]`, for messages. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** Are all dimensions written the same? */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

/** Is no dimension symbolic? */
export function isStatic(shape: Shape): shape is readonly number[] {
  return shape.every((dim) => typeof dim === 'number');
}

/** The shape as numbers. Throws GraphError, naming `what`, if a dimension is symbolic. */
export function staticShape(shape: Shape, what: string): readonly number[] {
  if (isStatic(shape)) return shape;
  throw new GraphError(`${what} needs a shape of numbers, but has ${formatShape(shape)}.`);
}

interface Monomial {
  readonly factor: number;
  readonly names: readonly string[];
}

/** The factors of a symbolic product; a `*` inside parentheses does not separate. */
function parse(dim: Dim): Monomial {
  if (typeof dim === 'number') return { factor: dim, names: [] };
  const names: string[] = [];
  let factor = 1;
  let depth = 0;
  let start = 0;
  for (let i = 0; i <= dim.length; i++) {
    const char = dim[i];
    if (char === '(') depth++;
    else if (char === ')') depth--;
    else if (char === undefined || (char === '*' && depth === 0)) {
      const part = dim.slice(start, i);
      start = i + 1;
      if (/^\d+$/.test(part)) factor *= Number(part);
      else names.push(part);
    }
  }
  return { factor, names };
}

function format({ factor, names }: Monomial): Dim {
  if (factor === 0 || names.length === 0) return factor;
  const sorted = [...names].sort();
  return (factor === 1 ? sorted : [String(factor), ...sorted]).join('*');
}

/** The factors of a dimension: one number and the symbolic names. */
export function factorsOf(dim: Dim): { factor: number; names: readonly string[] } {
  return parse(dim);
}

/** The number of elements of a shape. */
export function product(dims: Shape): Dim {
  let factor = 1;
  const names: string[] = [];
  for (const dim of dims) {
    const part = parse(dim);
    factor *= part.factor;
    names.push(...part.names);
  }
  return format({ factor, names });
}

/** a / b where that is a whole dimension, else undefined. */
export function quotient(a: Dim, b: Dim): Dim | undefined {
  const top = parse(a);
  const bottom = parse(b);
  if (bottom.factor === 0 || top.factor % bottom.factor !== 0) return undefined;
  const names = [...top.names];
  for (const name of bottom.names) {
    const at = names.indexOf(name);
    if (at < 0) return undefined;
    names.splice(at, 1);
  }
  return format({ factor: top.factor / bottom.factor, names });
}

/** a + b. Sums of symbols stay as written, in parentheses. */
export function sum(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (a === 0) return b;
  if (b === 0) return a;
  return `(${a}+${b})`;
}

/** The shape of an element-wise operation (NumPy's broadcasting), or undefined if the shapes do not fit. */
export function broadcast(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const result: Dim[] = [];
  for (let i = 0; i < rank; i++) {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) return undefined;
    result.push(x === 1 ? y : x);
  }
  return result;
}

/** `axis` counted from the front; negative ones count from the end. Throws GraphError if there is none in `rank`. */
export function normalAxis(axis: number, rank: number, operator: string): number {
  const result = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(result) && result >= 0 && result < rank) return result;
  throw new GraphError(`${operator}: axis ${axis} does not exist in a value of rank ${rank}.`);
}
