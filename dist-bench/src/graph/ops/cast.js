/**
 * Change of element type.
 */
import { isFloat, onnxTypeOf } from "../dtype.js";
import { defineOperator, emitOne } from "../operator.js";
const castOperator = defineOperator({
    type: 'Cast',
    attributes: { to: 'int' },
    infer: ([x], { target }) => [{ dtype: target, shape: x.shape }],
    gradient: ({ inputs, gradient }) => [
        isFloat(inputs[0].dtype) ? cast(gradient, inputs[0].dtype) : undefined,
    ],
});
/** x with elements of another type. Only floating-point types pass a gradient. */
export function cast(x, target) {
    return x.dtype === target ? x : emitOne(castOperator, [x], { to: onnxTypeOf[target], target });
}
//# sourceMappingURL=cast.js.map