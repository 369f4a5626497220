import { geglu } from "../graph/ops/activation.js";
import { add } from "../graph/ops/arithmetic.js";
import { attention } from "../graph/ops/attention.js";
import { reshape, transpose } from "../graph/ops/layout.js";
import { convolution, groupNorm, layerNorm, linear } from "./layers.js";
import { record, within } from "./scope.js";
/** Whatever the U-Net's config says, its transformers have these. */
const groupNormEps = 1e-6;
const layerNormEps = 1e-5;
/** x [batch, channels, h, w] and text [batch, length, crossAttentionDim] to the shape of x. */
export function transformer2d(scope, x, text, options) {
    const { heads, layers, groups, useLinearProjection } = options;
    const channels = x.shape[1];
    const normal = groupNorm(within(scope, 'norm'), x, groups, groupNormEps);
    const projectIn = within(scope, 'proj_in');
    let tokens = useLinearProjection
        ? linear(projectIn, toTokens(normal), channels)
        : toTokens(convolution(projectIn, normal, channels, 1));
    for (let i = 0; i < layers; i++) {
        tokens = transformerBlock(within(scope, 'transformer_blocks', i), tokens, text, heads);
    }
    const projectOut = within(scope, 'proj_out');
    const projected = useLinearProjection
        ? toPicture(linear(projectOut, tokens, channels), x)
        : convolution(projectOut, toPicture(tokens, x), channels, 1);
    return record(scope, add(projected, x));
}
/** BasicTransformerBlock: self-attention, cross-attention and a gated perceptron, each behind a layer norm. */
function transformerBlock(scope, x, text, heads) {
    const size = x.shape[2];
    const norm = (name, value) => layerNorm(within(scope, name), value, layerNormEps);
    const attend = (name, value, from) => record(within(scope, name), tokenAttention(within(scope, name), value, from, heads));
    const own = norm('norm1', x);
    const read = add(x, attend('attn1', own, own));
    const informed = add(read, attend('attn2', norm('norm2', read), text));
    return add(informed, feedForward(within(scope, 'ff'), norm('norm3', informed), size));
}
/** x [batch, tokens, size] reads `from` [batch, length, any]. `bias` is for query, key and value. */
export function tokenAttention(scope, x, from, heads, bias = false) {
    const size = x.shape[2];
    const query = linear(within(scope, 'to_q'), x, size, { bias });
    const key = linear(within(scope, 'to_k'), from, size, { bias });
    const value = linear(within(scope, 'to_v'), from, size, { bias });
    return linear(within(scope, 'to_out.0'), attention(query, key, value, { heads }), size);
}
function feedForward(scope, x, size) {
    const hidden = geglu(linear(within(scope, 'net.0.proj'), x, 8 * size));
    return record(scope, linear(within(scope, 'net.2'), hidden, size));
}
/** [batch, channels, h, w] to [batch, h * w, channels]. */
export function toTokens(x) {
    const [batch, channels] = x.shape;
    return transpose(reshape(x, [batch, channels, -1]), [0, 2, 1]);
}
/** [batch, h * w, channels] to the shape of `like`. */
export function toPicture(tokens, like) {
    return reshape(transpose(tokens, [0, 2, 1]), like.shape);
}
//# sourceMappingURL=transformer2d.js.map