/**
 * How a diffusion time step enters a model: sinusoids, then a small perceptron.
 */
import { constant } from "../graph/graph.js";
import { silu } from "../graph/ops/activation.js";
import { mul } from "../graph/ops/arithmetic.js";
import { cos, sin } from "../graph/ops/elementwise.js";
import { concat, unsqueeze } from "../graph/ops/layout.js";
import { linear } from "./layers.js";
import { record, within } from "./scope.js";
/**
 * Sinusoidal embedding (Vaswani et al., arXiv 1706.03762) of `timestep` float32 [n], as [n, size]: sines and cosines
 * of timestep * 10000^(-i / (size / 2 - freqShift)). `size` is even.
 */
export function sinusoids(timestep, size, options) {
    const half = size / 2;
    // Rounded as PyTorch rounds: at time step 999 the last bit of a frequency shows.
    const frequencies = Float32Array.from({ length: half }, (_, i) => Math.exp(Math.fround(Math.fround(-Math.fround(Math.log(10000)) * i) / (half - options.freqShift))));
    const angles = mul(unsqueeze(timestep, 1), constant(timestep.graph, frequencies, [1, half]));
    return concat(options.flipSinToCos ? [cos(angles), sin(angles)] : [sin(angles), cos(angles)], 1);
}
/** TimestepEmbedding: x [n, in] to [n, size] through two linear layers. */
export function timestepEmbedding(scope, x, size) {
    const hidden = silu(linear(within(scope, 'linear_1'), x, size));
    return record(scope, linear(within(scope, 'linear_2'), hidden, size));
}
//# sourceMappingURL=timestep.js.map