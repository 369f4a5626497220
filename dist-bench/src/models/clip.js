/**
 * CLIP's text encoder (Radford et al., arXiv 2103.00020) as transformers' CLIPTextModel computes it: pre-norm layers
 * under a causal mask. Stable Diffusion v1 reads its `lastHiddenState`, without an attention mask.
 */
import { z } from 'zod';
import { constant, ints } from "../graph/graph.js";
import { add, mul, sub } from "../graph/ops/arithmetic.js";
import { cast } from "../graph/ops/cast.js";
import { argMax, embedding, selectRows } from "../graph/ops/gather.js";
import { reshape, slice } from "../graph/ops/layout.js";
import { equal } from "../graph/ops/logic.js";
import { parseConfig } from "./config.js";
import { layerNorm, linear } from "./layers.js";
import { rootScope, weight, within } from "./scope.js";
import { activationNames, activations, maskedScore, selfAttention, } from "./textEncoder.js";
const size = z.int().positive();
const schema = z.looseObject({
    vocab_size: size.default(49408),
    hidden_size: size,
    intermediate_size: size,
    num_hidden_layers: size,
    num_attention_heads: size,
    max_position_embeddings: size.default(77),
    hidden_act: z.enum(activationNames).default('quick_gelu'),
    layer_norm_eps: z.number().positive().default(1e-5),
    eos_token_id: z.int().nonnegative().default(2),
});
/** Reads a CLIPTextModel's config.json. Throws ConfigError naming the key that does not fit. */
export function parseClipTextConfig(json, source = 'config.json') {
    const config = parseConfig(schema.refine((c) => c.hidden_size % c.num_attention_heads === 0, {
        path: ['num_attention_heads'],
        message: 'must divide hidden_size',
    }), json, source);
    return {
        vocabSize: config.vocab_size,
        hiddenSize: config.hidden_size,
        intermediateSize: config.intermediate_size,
        numHiddenLayers: config.num_hidden_layers,
        numAttentionHeads: config.num_attention_heads,
        maxPositionEmbeddings: config.max_position_embeddings,
        hiddenAct: config.hidden_act,
        layerNormEps: config.layer_norm_eps,
        eosTokenId: config.eos_token_id,
    };
}
/** Adds the encoder to the graph. Parameters carry CLIPTextModel's names (`text_model.…`). */
export function clipTextModel(graph, config, inputs) {
    const scope = within(rootScope(graph), 'text_model');
    const length = inputs.inputIds.shape[1];
    const bias = attentionBias(graph, length, inputs.attentionMask);
    const hiddenStates = [embed(within(scope, 'embeddings'), config, inputs.inputIds)];
    for (let i = 0; i < config.numHiddenLayers; i++) {
        hiddenStates.push(layer(within(scope, 'encoder.layers', i), config, hiddenStates[i], bias));
    }
    const lastHiddenState = layerNorm(within(scope, 'final_layer_norm'), hiddenStates[config.numHiddenLayers], config.layerNormEps);
    const pooledOutput = () => selectRows(lastHiddenState, endPositions(inputs.inputIds, config.eosTokenId));
    return { lastHiddenState, pooledOutput, hiddenStates };
}
function embed(scope, config, inputIds) {
    const { hiddenSize, vocabSize, maxPositionEmbeddings } = config;
    const tokens = embedding(weight(scope, 'token_embedding.weight', [vocabSize, hiddenSize]), inputIds);
    const positions = weight(scope, 'position_embedding.weight', [maxPositionEmbeddings, hiddenSize]);
    return add(tokens, slice(positions, [{ axis: 0, start: 0, end: inputIds.shape[1] }]));
}
function layer(scope, config, x, bias) {
    const { hiddenSize, layerNormEps, numAttentionHeads } = config;
    const attend = within(scope, 'self_attn');
    const normal = layerNorm(within(scope, 'layer_norm1'), x, layerNormEps);
    const read = selfAttention(attend, normal, numAttentionHeads, ['q_proj', 'k_proj', 'v_proj'], bias);
    const attended = add(x, linear(within(attend, 'out_proj'), read, hiddenSize));
    const inner = linear(within(scope, 'mlp.fc1'), layerNorm(within(scope, 'layer_norm2'), attended, layerNormEps), config.intermediateSize);
    return add(attended, linear(within(scope, 'mlp.fc2'), activations[config.hiddenAct](inner), hiddenSize));
}
/** [1 or batch, 1, length, length]: the causal mask, and the caller's mask if there is one. */
function attentionBias(graph, length, attentionMask) {
    const causal = Float32Array.from({ length: length * length }, (_, i) => i % length > Math.floor(i / length) ? maskedScore : 0);
    const bias = constant(graph, causal, [1, 1, length, length]);
    if (!attentionMask)
        return bias;
    const masked = mul(sub(1, cast(attentionMask, 'float32')), maskedScore);
    return add(bias, reshape(masked, [attentionMask.shape[0], 1, 1, length]));
}
/**
 * Where each text ends, int64 [batch]. Configs from before transformers knew the end token say eos_token_id 2; for
 * them it is the largest id, else the first end token.
 */
function endPositions(inputIds, eosTokenId) {
    const marks = eosTokenId === 2 ? inputIds : equal(inputIds, ints(inputIds.graph, [eosTokenId]));
    return argMax(cast(marks, 'int32'));
}
//# sourceMappingURL=clip.js.map