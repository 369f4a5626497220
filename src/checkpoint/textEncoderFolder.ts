/**
 * Opens a text encoder saved by Hugging Face's transformers: `config.json` and weights.
 *
 * Brings what is saved in several ways to one form: the names of the tensors to those of the bare encoder, a whole CLIP to
 * its text half. The config is for the models to validate.
 */
import { join } from 'node:path';
import { CheckpointError } from '../errors.ts';
import { isJsonObject, type JsonObject, readJsonObject } from './json.ts';
import { renameWeights, type Weights } from './tensorEntry.ts';
import { openWeightsIn } from './weights.ts';

export interface TextEncoderFiles {
  /** config.json, not validated; of a whole CLIP the part about texts. */
  readonly config: JsonObject;
  /** Where the config stands, for messages. */
  readonly configSource: string;
  /** `model_type` of the config, for example `clip_text_model` or `roberta`; never `clip`, which is a whole CLIP. */
  readonly modelType: string;
  /** Under the names that CLIPTextModel (`text_model.` in front) and RobertaModel (nothing in front) use. */
  readonly weights: Weights;
}

/** Throws CheckpointError naming the folder if config or weights are missing or damaged. */
export async function openTextEncoder(folder: string): Promise<TextEncoderFiles> {
  const path = join(folder, 'config.json');
  const { config, configSource } = textHalf(await readJsonObject(path), path);
  const modelType = config['model_type'];
  if (typeof modelType !== 'string') {
    throw new CheckpointError(
      `${configSource} has no model_type.`,
      'Give the folder of a text encoder in the layout of transformers.',
    );
  }
  const rename = modelType.startsWith('clip') ? clipName : bertName;
  return { config, configSource, modelType, weights: renameWeights(await openWeightsIn(folder), rename) };
}

/** Of a whole CLIP, what it says of its text half; old files say in `…_dict` what differs from the defaults. */
function textHalf(config: JsonObject, source: string): Pick<TextEncoderFiles, 'config' | 'configSource'> {
  if (config['model_type'] !== 'clip') return { config, configSource: source };
  const part = (name: string) => (isJsonObject(config[name]) ? config[name] : {});
  const own = { ...part('text_config'), ...part('text_config_dict'), model_type: 'clip_text_model' };
  return { config: { ...clipDefaults, ...own }, configSource: `${source}, text_config` };
}

/** What transformers' CLIPTextConfig means by a key that is left out: a whole CLIP's text_config may be almost empty. */
const clipDefaults: JsonObject = {
  hidden_size: 512,
  intermediate_size: 2048,
  num_hidden_layers: 12,
  num_attention_heads: 8,
};

/** Constant index buffers that older versions of transformers saved. */
const indexBuffer = /(^|\.)(position_ids|token_type_ids)$/;

/** Parts of a whole CLIP that read no text, and the projection into the space that texts and pictures share. */
const clipOthers = /^(vision_model\.|visual_projection\.|text_projection\.|logit_scale$)/;

/** Modules of CLIPTextModel, which some files name without the prefix of the text model. */
const clipTextModule = /^(embeddings|encoder|final_layer_norm)\./;

function clipName(name: string): string | undefined {
  if (indexBuffer.test(name) || clipOthers.test(name)) return undefined;
  return clipTextModule.test(name) ? `text_model.${name}` : name;
}

/** What a model with a task puts in front of its encoder. */
const bertPrefix = /^(roberta|bert|electra|distilbert)\./;

/**
 * Heads: of masked-LM models `lm_head` (RoBERTa), `cls` (BERT), `generator_…` and `discriminator_predictions` (ELECTRA) and
 * `vocab_…` (DistilBERT); those of other tasks.
 */
const bertHead =
  /^(lm_head|cls|(generator|discriminator)_predictions|generator_lm_head|vocab_(transform|layer_norm|projector)|pre_classifier|classifier|qa_outputs)\./;

function bertName(name: string): string | undefined {
  const bare = name.replace(bertPrefix, '');
  if (indexBuffer.test(bare) || bertHead.test(bare)) return undefined;
  // Checkpoints that were converted from TensorFlow, such as the first BERTs, call the two parameters of a norm so.
  return bare.replace(
    /\.LayerNorm\.(gamma|beta)$/,
    (_, old) => `.LayerNorm.${old === 'gamma' ? 'weight' : 'bias'}`,
  );
}
