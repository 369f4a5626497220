/**
 * Comparisons, boolean operators, and choice by condition.
 */
import { scalar } from "../graph.js";
import { defineOperator, emitOne, fail } from "../operator.js";
import { broadcast } from "../shape.js";
import { sumTo } from "./reduce.js";
function predicate(type) {
    return defineOperator({
        type,
        infer: ([a, b]) => {
            const shape = broadcast(a.shape, b.shape);
            if (!shape)
                fail(type, 'shapes cannot be broadcast', [a, b]);
            if (a.dtype !== b.dtype)
                fail(type, 'element types differ', [a, b]);
            return [{ dtype: 'bool', shape }];
        },
    });
}
const equalOperator = predicate('Equal');
const lessOrEqualOperator = predicate('LessOrEqual');
const greaterOrEqualOperator = predicate('GreaterOrEqual');
const andOperator = predicate('And');
/** Element-wise a = b, as bool, with broadcasting; so are the others. */
export const equal = (a, b) => emitOne(equalOperator, [a, b]);
export const lessOrEqual = (a, b) => emitOne(lessOrEqualOperator, [a, b]);
export const greaterOrEqual = (a, b) => emitOne(greaterOrEqualOperator, [a, b]);
export const and = (a, b) => emitOne(andOperator, [a, b]);
const notOperator = defineOperator({
    type: 'Not',
    infer: ([x]) => [{ dtype: 'bool', shape: x.shape }],
});
export const not = (x) => emitOne(notOperator, [x]);
const whereOperator = defineOperator({
    type: 'Where',
    infer: ([condition, a, b]) => {
        const inner = broadcast(a.shape, b.shape);
        const shape = inner && broadcast(condition.shape, inner);
        if (!shape)
            fail('Where', 'shapes cannot be broadcast', [condition, a, b]);
        if (condition.dtype !== 'bool')
            fail('Where', 'the condition must be bool', [condition, a, b]);
        if (a.dtype !== b.dtype)
            fail('Where', 'element types differ', [condition, a, b]);
        return [{ dtype: a.dtype, shape }];
    },
    gradient: ({ inputs, gradient, needs }) => {
        const [condition, a, b] = inputs;
        const nought = scalar(condition.graph, 0);
        return [
            undefined,
            needs(1) ? sumTo(where(condition, gradient, nought), a.shape) : undefined,
            needs(2) ? sumTo(where(condition, nought, gradient), b.shape) : undefined,
        ];
    },
});
/** a where the condition holds, else b. */
export function where(condition, a, b) {
    return emitOne(whereOperator, [condition, a, b]);
}
//# sourceMappingURL=logic.js.map