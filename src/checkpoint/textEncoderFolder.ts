/**
 * Opens a text encoder saved by Hugging Face's transformers: `config.json` and weights.
 *
 * Brings the names of the tensors to one form, that of the bare encoder; the config is for the models to validate.
 */
import { join } from 'node:path';
import { CheckpointError } from '../errors.ts';
import { isJsonObject, type JsonObject, readJsonObject } from './json.ts';
import { renameWeights, type Weights } from './tensorEntry.ts';
import { openWeightsIn } from './weights.ts';

export interface TextEncoderFiles {
  /** config.json, not validated. */
  readonly config: JsonObject;
  /** Where the config stands, for messages. */
  readonly configSource: string;
  /** `model_type` of the config, for example `clip_text_model` or `roberta`. */
  readonly modelType: string;
  /** Under the names that CLIPTextModel (`text_model.` in front) and RobertaModel (nothing in front) use. */
  readonly weights: Weights;
}

/** Throws CheckpointError naming the folder if config or weights are missing or damaged. */
export async function openTextEncoder(folder: string): Promise<TextEncoderFiles> {
  const configSource = join(folder, 'config.json');
  const config = ofText(await readJsonObject(configSource));
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

/** A whole CLIP (`CLIPModel`) keeps the config of its text side in `text_config`. */
function ofText(config: JsonObject): JsonObject {
  const text = config['text_config'];
  return config['model_type'] === 'clip' && isJsonObject(text)
    ? { ...text, model_type: 'clip_text_model' }
    : config;
}

/** Constant index buffers that older versions of transformers saved. */
const indexBuffer = /(^|\.)(position_ids|token_type_ids)$/;

/** Parts of a whole CLIP that read no text. */
const clipImageSide = /^(vision_model\.|visual_projection\.|logit_scale$)/;

/** Modules of CLIPTextModel, which some files name without the prefix of the text model. */
const clipTextModule = /^(embeddings|encoder|final_layer_norm)\./;

function clipName(name: string): string | undefined {
  if (indexBuffer.test(name) || clipImageSide.test(name)) return undefined;
  return clipTextModule.test(name) ? `text_model.${name}` : name;
}

/** A masked-LM checkpoint puts the encoder's name in front and adds a head (`lm_head`, BERT's is called `cls`). */
function bertName(name: string): string | undefined {
  const bare = name.replace(/^(roberta|bert)\./, '');
  if (indexBuffer.test(bare) || /^(lm_head|cls)\./.test(bare)) return undefined;
  return bare;
}
