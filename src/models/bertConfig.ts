/**
 * The configs of BERT and of the encoders that share its layers: RoBERTa, XLM-RoBERTa, ELECTRA and DistilBERT. Each is
 * read with the keys and the defaults of its class in transformers, into the one form that roberta.ts builds.
 */
import { z } from 'zod';
import { only, parseConfig } from './config.ts';
import {
  encoderConfig,
  encoderKeys,
  headsFit,
  type ProjectionNames,
  type TextEncoderConfig,
} from './textEncoder.ts';

/** What a member calls the modules of its layers, from the model's root and from the layer. */
export interface BertNames {
  readonly layers: string;
  readonly projections: ProjectionNames;
  readonly attentionOutput: string;
  readonly attentionNorm: string;
  readonly inner: string;
  readonly outer: string;
  readonly outerNorm: string;
}

export interface BertConfig extends TextEncoderConfig {
  /** config.json with the defaults of missing keys written out. */
  readonly json: Readonly<Record<string, unknown>>;
  /** Width of the embeddings; where it is not hiddenSize, a linear layer widens them (ELECTRA). */
  readonly embeddingSize: number;
  /** 0: the model tells no types of tokens apart (DistilBERT). */
  readonly typeVocabSize: number;
  readonly padTokenId: number;
  /** `fromZero`: by place, pads included; `afterPadding`: see `robertaPositionIds`. */
  readonly positions: 'fromZero' | 'afterPadding';
  /** Has the model a pooler above its first token? */
  readonly pooler: boolean;
  readonly names: BertNames;
}

const bertNames: BertNames = {
  layers: 'encoder.layer',
  projections: ['attention.self.query', 'attention.self.key', 'attention.self.value'],
  attentionOutput: 'attention.output.dense',
  attentionNorm: 'attention.output.LayerNorm',
  inner: 'intermediate.dense',
  outer: 'output.dense',
  outerNorm: 'output.LayerNorm',
};

const distilBertNames: BertNames = {
  layers: 'transformer.layer',
  projections: ['attention.q_lin', 'attention.k_lin', 'attention.v_lin'],
  attentionOutput: 'attention.out_lin',
  attentionNorm: 'sa_layer_norm',
  inner: 'ffn.lin1',
  outer: 'ffn.lin2',
  outerNorm: 'output_layer_norm',
};

const tokenId = z.int().nonnegative();

const bertKeys = {
  ...encoderKeys,
  hidden_act: encoderKeys.hidden_act.default('gelu'),
  layer_norm_eps: encoderKeys.layer_norm_eps.default(1e-12),
  position_embedding_type: only('absolute'),
  is_decoder: only(false),
};

const bertSchema = z.looseObject({
  ...bertKeys,
  type_vocab_size: z.int().positive().default(2),
  pad_token_id: tokenId.default(0),
});

const robertaSchema = z.looseObject({
  ...bertKeys,
  type_vocab_size: z.int().positive().default(1),
  pad_token_id: tokenId.default(1),
});

const electraSchema = z.looseObject({
  ...bertSchema.shape,
  embedding_size: z.int().positive().default(128),
});

/** DistilBERT has keys of its own, and no key for the epsilon of its norms. */
const distilBertSchema = z
  .looseObject({
    vocab_size: encoderKeys.vocab_size,
    dim: encoderKeys.hidden_size,
    hidden_dim: encoderKeys.intermediate_size,
    n_layers: encoderKeys.num_hidden_layers,
    n_heads: encoderKeys.num_attention_heads,
    max_position_embeddings: encoderKeys.max_position_embeddings.default(512),
    activation: encoderKeys.hidden_act.default('gelu'),
    pad_token_id: tokenId.default(0),
  })
  .refine((json) => json.dim % json.n_heads === 0, { path: ['n_heads'], message: 'must divide dim' });

/** What the four with BERT's keys have in common. */
function bertConfig(config: z.infer<typeof bertSchema>): BertConfig {
  return {
    ...encoderConfig(config),
    json: config,
    embeddingSize: config.hidden_size,
    typeVocabSize: config.type_vocab_size,
    padTokenId: config.pad_token_id,
    positions: 'fromZero',
    pooler: true,
    names: bertNames,
  };
}

/** Reads a BertModel's config.json. Throws ConfigError naming the key that does not fit, as all of these do. */
export function parseBertConfig(json: unknown, source = 'config.json'): BertConfig {
  return bertConfig(parseConfig(bertSchema.refine(...headsFit), json, source));
}

/** Reads the config.json of a RobertaModel or an XLMRobertaModel. */
export function parseRobertaConfig(json: unknown, source = 'config.json'): BertConfig {
  const config = parseConfig(robertaSchema.refine(...headsFit), json, source);
  return { ...bertConfig(config), positions: 'afterPadding' };
}

/** Reads an ElectraModel's config.json, generator or discriminator. */
export function parseElectraConfig(json: unknown, source = 'config.json'): BertConfig {
  const config = parseConfig(electraSchema.refine(...headsFit), json, source);
  return { ...bertConfig(config), embeddingSize: config.embedding_size, pooler: false };
}

/** Reads a DistilBertModel's config.json. */
export function parseDistilBertConfig(json: unknown, source = 'config.json'): BertConfig {
  const config = parseConfig(distilBertSchema, json, source);
  return {
    json: config,
    vocabSize: config.vocab_size,
    hiddenSize: config.dim,
    intermediateSize: config.hidden_dim,
    numHiddenLayers: config.n_layers,
    numAttentionHeads: config.n_heads,
    maxPositionEmbeddings: config.max_position_embeddings,
    hiddenAct: config.activation,
    layerNormEps: 1e-12,
    embeddingSize: config.dim,
    typeVocabSize: 0,
    padTokenId: config.pad_token_id,
    positions: 'fromZero',
    pooler: false,
    names: distilBertNames,
  };
}
