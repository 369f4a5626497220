/**
 * Shapes whose dimensions may be symbolic, and the little algebra that operators need of them.
 *
 * A symbolic dimension is a string in canonical form: a product such as `2*batch*length` (number first, names
 * sorted), whose factors are names or sums in parentheses, `(length+1)`. Two dimensions are equal only if they
 * are written the same.
 */
import { GraphError } from "../errors.js";
export function formatShape(shape) {
    return `[${shape.join(', ')}]`;
}
export function sameShape(a, b) {
    return a.length === b.length && a.every((dim, i) => dim === b[i]);
}
export function isStatic(shape) {
    return shape.every((dim) => typeof dim === 'number');
}
/** The shape as numbers; `what` names it in the error when a dimension is symbolic. */
export function staticShape(shape, what) {
    if (isStatic(shape))
        return shape;
    throw new GraphError(`${what} needs a shape of numbers, but has ${formatShape(shape)}.`);
}
/** The factors of a symbolic product; a `*` inside parentheses does not separate. */
function parse(dim) {
    if (typeof dim === 'number')
        return { factor: dim, names: [] };
    const names = [];
    let factor = 1;
    let depth = 0;
    let start = 0;
    for (let i = 0; i <= dim.length; i++) {
        const char = dim[i];
        if (char === '(')
            depth++;
        else if (char === ')')
            depth--;
        else if (char === undefined || (char === '*' && depth === 0)) {
            const part = dim.slice(start, i);
            start = i + 1;
            if (/^\d+$/.test(part))
                factor *= Number(part);
            else
                names.push(part);
        }
    }
    return { factor, names };
}
function format({ factor, names }) {
    if (factor === 0 || names.length === 0)
        return factor;
    const sorted = [...names].sort();
    return (factor === 1 ? sorted : [String(factor), ...sorted]).join('*');
}
/** The factors of a dimension: one number and the symbolic names. */
export function factorsOf(dim) {
    return parse(dim);
}
/** The number of elements of a shape. */
export function product(dims) {
    let factor = 1;
    const names = [];
    for (const dim of dims) {
        const part = parse(dim);
        factor *= part.factor;
        names.push(...part.names);
    }
    return format({ factor, names });
}
/** a / b where that is a whole dimension, else undefined. */
export function quotient(a, b) {
    const top = parse(a);
    const bottom = parse(b);
    if (bottom.factor === 0 || top.factor % bottom.factor !== 0)
        return undefined;
    const names = [...top.names];
    for (const name of bottom.names) {
        const at = names.indexOf(name);
        if (at < 0)
            return undefined;
        names.splice(at, 1);
    }
    return format({ factor: top.factor / bottom.factor, names });
}
/** a + b. Sums of symbols stay as written, in parentheses. */
export function sum(a, b) {
    if (typeof a === 'number' && typeof b === 'number')
        return a + b;
    if (a === 0)
        return b;
    if (b === 0)
        return a;
    return `(${a}+${b})`;
}
/** The shape of an element-wise operation (NumPy's broadcasting), or undefined if the shapes do not fit. */
export function broadcast(a, b) {
    const rank = Math.max(a.length, b.length);
    const result = [];
    for (let i = 0; i < rank; i++) {
        const x = a[a.length - rank + i] ?? 1;
        const y = b[b.length - rank + i] ?? 1;
        if (x !== y && x !== 1 && y !== 1)
            return undefined;
        result.push(x === 1 ? y : x);
    }
    return result;
}
/** `axis` counted from the front, checked against `rank`. */
export function normalAxis(axis, rank, operator) {
    const result = axis < 0 ? axis + rank : axis;
    if (Number.isInteger(result) && result >= 0 && result < rank)
        return result;
    throw new GraphError(`${operator}: axis ${axis} does not exist in a value of rank ${rank}.`);
}
//# sourceMappingURL=shape.js.map