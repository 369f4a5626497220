import { gelu, quickGelu } from "../graph/ops/activation.js";
import { attention } from "../graph/ops/attention.js";
import { linear } from "./layers.js";
import { within } from "./scope.js";
/** `hidden_act` of Hugging Face configs to our operators. */
export const activations = {
    gelu: (x) => gelu(x),
    gelu_new: (x) => gelu(x, 'tanh'),
    quick_gelu: quickGelu,
};
export const activationNames = Object.keys(activations);
/** Added to the attention scores of a key that must not be read: large enough that its probability is 0. */
export const maskedScore = -1e9;
/** Self-attention of x [batch, length, hidden] without its output projection. */
export function selfAttention(scope, x, heads, names, bias) {
    const hiddenSize = x.shape[2];
    const [query, key, value] = names.map((name) => linear(within(scope, name), x, hiddenSize));
    return attention(query, key, value, bias ? { heads, bias } : { heads });
}
//# sourceMappingURL=textEncoder.js.map