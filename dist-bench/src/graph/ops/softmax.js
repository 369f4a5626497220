import { asInput, defineOperator, emitOne } from "../operator.js";
import { normalAxis } from "../shape.js";
import { mul, sub } from "./arithmetic.js";
import { reduceSum } from "./reduce.js";
const softmaxOperator = defineOperator({
    type: 'Softmax',
    attributes: { axis: 'int' },
    infer: asInput('Softmax'),
    gradient: ({ outputs, attributes, gradient }) => [
        softmaxGradient(outputs[0], gradient, attributes.axis),
    ],
});
/** exp(x) / sum(exp(x)) along `axis`; the maximum is subtracted first. */
export function softmax(x, axis = -1) {
    return emitOne(softmaxOperator, [x], { axis: normalAxis(axis, x.shape.length, 'Softmax') });
}
/** Gradient for the logits from the probabilities and their gradient: p * (g - sum(g * p)). */
export function softmaxGradient(probabilities, gradient, axis) {
    const weighted = mul(gradient, probabilities);
    return sub(weighted, mul(probabilities, reduceSum(weighted, [axis], true)));
}
//# sourceMappingURL=softmax.js.map