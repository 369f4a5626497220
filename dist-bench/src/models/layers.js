import { conv2d } from "../graph/ops/convolution.js";
import { linear as linearOperator } from "../graph/ops/matmul.js";
import { groupNorm as groupNormOperator, layerNorm as layerNormOperator, } from "../graph/ops/normalization.js";
import { weight } from "./scope.js";
/** torch.nn.Linear: x [..., in] to [..., out]. */
export function linear(scope, x, out, { bias = true } = {}) {
    const inputs = x.shape[x.shape.length - 1];
    return linearOperator(x, weight(scope, 'weight', [out, inputs]), bias ? weight(scope, 'bias', [out]) : undefined);
}
/** torch.nn.LayerNorm over the last axis. */
export function layerNorm(scope, x, epsilon) {
    const size = x.shape[x.shape.length - 1];
    return layerNormOperator(x, weight(scope, 'weight', [size]), weight(scope, 'bias', [size]), epsilon);
}
/** torch.nn.GroupNorm of x [batch, channels, height, width]. */
export function groupNorm(scope, x, groups, epsilon) {
    const channels = x.shape[1];
    return groupNormOperator(x, groups, weight(scope, 'weight', [channels]), weight(scope, 'bias', [channels]), epsilon);
}
/** torch.nn.Conv2d with a square window: x [batch, in, h, w] to [batch, out, h', w']. */
export function convolution(scope, x, out, kernel, options = {}) {
    const inputs = x.shape[1];
    const window = weight(scope, 'weight', [out, inputs / (options.groups ?? 1), kernel, kernel]);
    return conv2d(x, window, weight(scope, 'bias', [out]), options);
}
//# sourceMappingURL=layers.js.map