import { silu } from "../graph/ops/activation.js";
import { add } from "../graph/ops/arithmetic.js";
import { unsqueeze } from "../graph/ops/layout.js";
import { resizeNearest } from "../graph/ops/resize.js";
import { convolution, groupNorm, linear } from "./layers.js";
import { record, within } from "./scope.js";
/**
 * Pre-activation residual block: x [batch, in, h, w] to [batch, channels, h, w].
 * `time` [1 or batch, size], already activated, is projected and added to every pixel between the convolutions.
 */
export function resnet(scope, x, channels, norm, time) {
    const first = convolution(within(scope, 'conv1'), normalised(within(scope, 'norm1'), x, norm), channels, 3, {
        padding: 1,
    });
    const timed = time ? add(first, perChannel(linear(within(scope, 'time_emb_proj'), time, channels))) : first;
    const second = convolution(within(scope, 'conv2'), normalised(within(scope, 'norm2'), timed, norm), channels, 3, { padding: 1 });
    const straight = x.shape[1] === channels ? x : convolution(within(scope, 'conv_shortcut'), x, channels, 1);
    return record(scope, add(straight, second));
}
function normalised(scope, x, { groups, epsilon }) {
    return silu(groupNorm(scope, x, groups, epsilon));
}
/** [batch, channels] to [batch, channels, 1, 1]. */
function perChannel(x) {
    return unsqueeze(unsqueeze(x, 2), 3);
}
/** Halves x [batch, channels, h, w] with a strided convolution; U-Net and VAE pad differently. */
export function downsample(scope, x, padding) {
    return convolution(within(scope, 'conv'), x, x.shape[1], 3, { stride: 2, padding });
}
/** Enlarges x to `size` [height, width] by repeating pixels, then smooths. */
export function upsample(scope, x, size) {
    return convolution(within(scope, 'conv'), resizeNearest(x, size), x.shape[1], 3, { padding: 1 });
}
//# sourceMappingURL=resnet.js.map