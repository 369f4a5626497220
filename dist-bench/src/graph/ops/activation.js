import { asInput, defineOperator, emitOne, fail } from "../operator.js";
import { add, mul, sub } from "./arithmetic.js";
import { erf, exp, sigmoid, tanh } from "./elementwise.js";
import { split } from "./split.js";
const geluOperator = defineOperator({
    type: 'Gelu',
    attributes: { approximate: 'string' },
    infer: asInput('Gelu'),
    gradient: ({ inputs, attributes, gradient }) => {
        const derivative = attributes.approximate === 'tanh' ? geluTanhDerivative : geluDerivative;
        return [mul(gradient, derivative(inputs[0]))];
    },
});
/** Phi(x) + x phi(x), with the normal distribution's Phi and phi. */
function geluDerivative(x) {
    const cumulative = mul(0.5, add(1, erf(mul(x, Math.SQRT1_2))));
    const density = mul(1 / Math.sqrt(2 * Math.PI), exp(mul(mul(x, x), -0.5)));
    return add(cumulative, mul(x, density));
}
function geluTanhDerivative(x) {
    const scale = Math.sqrt(2 / Math.PI);
    const square = mul(x, x);
    const t = tanh(mul(mul(x, add(1, mul(square, 0.044715))), scale));
    const inner = mul(add(1, mul(square, 3 * 0.044715)), scale);
    return mul(0.5, add(add(1, t), mul(mul(x, sub(1, mul(t, t))), inner)));
}
/** Gaussian error linear unit, x Phi(x) (Hendrycks & Gimpel, arXiv 1606.08415); exact, or its tanh approximation. */
export function gelu(x, approximate = 'none') {
    return emitOne(geluOperator, [x], { approximate });
}
const quickGeluOperator = defineOperator({
    type: 'QuickGelu',
    domain: 'com.microsoft',
    attributes: { alpha: 'float' },
    infer: asInput('QuickGelu'),
    gradient: ({ inputs, attributes: { alpha }, gradient }) => {
        const scaled = mul(inputs[0], alpha);
        const gate = sigmoid(scaled);
        return [mul(gradient, mul(gate, add(1, mul(scaled, sub(1, gate)))))];
    },
});
/** x sigmoid(1.702 x): CLIP's `quick_gelu`. */
export function quickGelu(x) {
    return emitOne(quickGeluOperator, [x], { alpha: 1.702 });
}
/** x sigmoid(x), also called swish. */
export function silu(x) {
    return emitOne(quickGeluOperator, [x], { alpha: 1 });
}
/** Gated linear unit with GELU (Shazeer, arXiv 2002.05202): first half of the last axis times GELU(second half). */
export function geglu(x) {
    const axis = x.shape.length - 1;
    const half = Number(x.shape[axis]) / 2;
    if (!Number.isInteger(half))
        fail('GeGLU', 'the last axis has no two halves', [x]);
    const [value, gate] = split(x, axis, [half, half]);
    return mul(value, gelu(gate));
}
//# sourceMappingURL=activation.js.map