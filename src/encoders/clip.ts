/**
 * CLIP's text encoder as a member of the family: no attention mask, as Stable Diffusion v1 runs it.
 */
import { input } from '../graph/graph.ts';
import { clipTextModel, parseClipTextConfig, wholeClipTextConfig } from '../models/clip.ts';
import { intTensor } from '../runtime/tensor.ts';
import type { EncoderModel } from './model.ts';

/** Throws ConfigError naming the key of the config that does not fit; `source` names the file. */
export function clipEncoder(json: unknown, source: string): EncoderModel {
  const config = parseClipTextConfig(json, source);
  return {
    modelType: 'clip_text_model',
    transformers: { className: 'CLIPTextModel', config: wholeClipTextConfig(json, source) },
    hiddenSize: config.hiddenSize,
    vocabSize: config.vocabSize,
    maxLength: config.maxPositionEmbeddings,
    build: (graph, length, { extraVectors, hooks } = {}) =>
      clipTextModel(
        graph,
        config,
        { inputIds: input(graph, 'input_ids', 'int64', ['batch', length]), extraVectors },
        hooks,
      ),
    feeds: (ids, length) => ({ input_ids: intTensor(ids, [ids.length / length, length]) }),
  };
}
