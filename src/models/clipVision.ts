/**
 * CLIP's vision transformer (Radford et al., arXiv 2103.00020; Dosovitskiy et al., arXiv 2010.11929) as transformers'
 * CLIPVisionModelWithProjection computes it: a picture to a point in the space that texts have points in, too.
 *
 * Knows no preprocessing: it is given pixels of the size that it was trained on, already normalised.
 */
import { z } from 'zod';
import type { Graph, Value } from '../graph/graph.ts';
import { add } from '../graph/ops/arithmetic.ts';
import { conv2d } from '../graph/ops/convolution.ts';
import { concat, reshape, slice, squeeze } from '../graph/ops/layout.ts';
import { expand } from '../graph/ops/reduce.ts';
import { type ClipLayerConfig, clipLayer } from './clipLayer.ts';
import { parseConfig } from './config.ts';
import { layerNorm, linear } from './layers.ts';
import { rootScope, type Scope, weight, within } from './scope.ts';
import { encoderKeys } from './textEncoder.ts';
import { toTokens } from './transformer2d.ts';

export interface ClipVisionConfig extends ClipLayerConfig {
  readonly numHiddenLayers: number;
  readonly numChannels: number;
  /** Height and width of the pictures. */
  readonly imageSize: number;
  readonly patchSize: number;
  /** Size of the space that pictures and texts share. */
  readonly projectionDim: number;
}

const size = z.int().positive();

const schema = z
  .looseObject({
    hidden_size: size.default(768),
    intermediate_size: size.default(3072),
    num_hidden_layers: size.default(12),
    num_attention_heads: size.default(12),
    num_channels: size.default(3),
    image_size: size.default(224),
    patch_size: size.default(32),
    projection_dim: size.default(512),
    hidden_act: encoderKeys.hidden_act.default('quick_gelu'),
    layer_norm_eps: encoderKeys.layer_norm_eps.default(1e-5),
  })
  .refine((json) => json.hidden_size % json.num_attention_heads === 0, {
    path: ['num_attention_heads'],
    message: 'must divide hidden_size',
  })
  .refine((json) => json.patch_size <= json.image_size, {
    path: ['patch_size'],
    message: 'must not exceed image_size',
  });

const part = z.looseObject({}).nullish();

/** A whole CLIP describes its vision transformer in a part of its own; old files say in `…_dict` what differs. */
const wholeSchema = z.looseObject({
  projection_dim: size.default(512),
  vision_config: part,
  vision_config_dict: part,
});

/**
 * Reads the config.json of a CLIPVisionModelWithProjection, or the vision side of a whole CLIP's (`model_type` clip);
 * keys that are missing have the defaults of transformers. Throws ConfigError naming the key that does not fit.
 */
export function parseClipVisionConfig(json: unknown, source = 'config.json'): ClipVisionConfig {
  const { json: own, source: place } = visionPart(json, source);
  const config = parseConfig(schema, own, place);
  return {
    hiddenSize: config.hidden_size,
    intermediateSize: config.intermediate_size,
    numHiddenLayers: config.num_hidden_layers,
    numAttentionHeads: config.num_attention_heads,
    numChannels: config.num_channels,
    imageSize: config.image_size,
    patchSize: config.patch_size,
    projectionDim: config.projection_dim,
    hiddenAct: config.hidden_act,
    layerNormEps: config.layer_norm_eps,
  };
}

function visionPart(json: unknown, source: string): { json: unknown; source: string } {
  const { model_type: type } = parseConfig(z.looseObject({ model_type: z.unknown() }), json, source);
  if (type !== 'clip') return { json, source };
  const whole = parseConfig(wholeSchema, json, source);
  return {
    json: { ...whole.vision_config, ...whole.vision_config_dict, projection_dim: whole.projection_dim },
    source: `${source}, vision_config`,
  };
}

export interface ClipVisionOutput {
  /** [batch, 1 + patches, hiddenSize]: the class token first, then the patches row by row; not normalised. */
  readonly lastHiddenState: Value;
  /** [batch, hiddenSize]: the class token, normalised. */
  readonly pooledOutput: Value;
  /** [batch, projectionDim] */
  readonly imageEmbeds: Value;
}

/**
 * Adds the transformer to the graph. `pixelValues` [batch, numChannels, imageSize, imageSize]; the batch may be
 * symbolic. Parameters carry CLIPVisionModelWithProjection's names (`vision_model.…`, `visual_projection.weight`).
 */
export function clipVisionModel(
  graph: Graph,
  config: ClipVisionConfig,
  pixelValues: Value,
): ClipVisionOutput {
  const root = rootScope(graph);
  const scope = within(root, 'vision_model');
  const embedded = embed(within(scope, 'embeddings'), config, pixelValues);
  // The checkpoints spell it so.
  let x = layerNorm(within(scope, 'pre_layrnorm'), embedded, config.layerNormEps);
  for (let i = 0; i < config.numHiddenLayers; i++) {
    x = clipLayer(within(scope, 'encoder.layers', i), config, x);
  }
  const classToken = squeeze(slice(x, [{ axis: 1, start: 0, end: 1 }]), 1);
  const pooledOutput = layerNorm(within(scope, 'post_layernorm'), classToken, config.layerNormEps);
  const projection = within(root, 'visual_projection');
  const imageEmbeds = linear(projection, pooledOutput, config.projectionDim, { bias: false });
  return { lastHiddenState: x, pooledOutput, imageEmbeds };
}

/** [batch, 1 + patches, hiddenSize] */
function embed(scope: Scope, config: ClipVisionConfig, pixelValues: Value): Value {
  const { hiddenSize, numChannels, patchSize } = config;
  const window = weight(scope, 'patch_embedding.weight', [hiddenSize, numChannels, patchSize, patchSize]);
  const patches = toTokens(conv2d(pixelValues, window, undefined, { stride: patchSize }));
  const classToken = reshape(weight(scope, 'class_embedding', [hiddenSize]), [1, 1, hiddenSize]);
  const tokens = concat([expand(classToken, [pixelValues.shape[0]!, 1, hiddenSize]), patches], 1);
  return add(tokens, weight(scope, 'position_embedding.weight', [tokens.shape[1] as number, hiddenSize]));
}
