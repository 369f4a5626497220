/**
 * The text encoders that we know: one member for each `model_type` of Hugging Face's config.json. A new one is a file
 * beside clip.ts and a line in `families`.
 */
import { ConfigError } from '../errors.ts';
import { promptLength, type Tokenizer } from '../text/tokenizer.ts';
import { bertEncoder, distilBertEncoder, electraEncoder } from './bert.ts';
import { clipEncoder } from './clip.ts';
import type { EncoderFamily, EncoderModel } from './model.ts';
import { withProjection } from './projection.ts';
import { robertaEncoder, xlmRobertaEncoder } from './roberta.ts';
import { robertaBiasEncoder } from './robertaBias.ts';
import { robertaCountingEncoder } from './robertaCounting.ts';
import { robertaReaderEncoder } from './robertaReader.ts';

const families: Readonly<Record<string, EncoderFamily>> = {
  clip_text_model: clipEncoder,
  roberta: robertaEncoder,
  'xlm-roberta': xlmRobertaEncoder,
  bert: bertEncoder,
  electra: electraEncoder,
  distilbert: distilBertEncoder,
  ksd_roberta_bias: robertaBiasEncoder,
  ksd_roberta_counting: robertaCountingEncoder,
  ksd_roberta_reader: robertaReaderEncoder,
};

/** `model_type` of all families. */
export const modelTypes: readonly string[] = Object.keys(families);
/** Each `model_type` whose text encoder can be opened; that of a whole CLIP is a `clip_text_model` inside. */
export const encoderTypes: readonly string[] = [...modelTypes, 'clip'];

/** The encoder that a config.json describes. Throws ConfigError for an unknown model_type or value. */
export function encoderModel(modelType: string, config: unknown, source: string): EncoderModel {
  const family = families[modelType];
  if (family) return withProjection(family(config, source), config, source);
  throw new ConfigError(
    `${source}: model_type is ${JSON.stringify(modelType)}, which this project does not know.`,
    `Use one of ${modelTypes.join(', ')}.`,
  );
}

/** Throws ConfigError unless the model has a row for each id of the tokenizer, and room for 77 tokens. */
export function checkTokenizer(source: string, model: EncoderModel, tokenizer: Tokenizer): void {
  if (tokenizer.vocabSize <= model.vocabSize && model.maxLength >= promptLength) return;
  throw new ConfigError(
    `${source}: the tokenizer has ${tokenizer.vocabSize} entries and texts ${promptLength} tokens, but the model has ` +
      `${model.vocabSize} entries and ${model.maxLength} positions.`,
    'Put the tokenizer that the model was trained with beside it.',
  );
}
