/**
 * For tests only: text encoders of every family with random weights, as folders on the disk.
 */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { writeTextEncoder } from '../checkpoint/textEncoderWriter.ts';
import { createGraph } from '../graph/graph.ts';
import { randomStream } from '../random/stream.ts';
import { encoderModel } from './family.ts';

const sizes = {
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  max_position_embeddings: 80,
  hidden_act: 'gelu',
};

const distilSizes = { dim: 16, hidden_dim: 24, n_layers: 2, n_heads: 2, max_position_embeddings: 80 };

/** config.json of a tiny member of each family, by what people call it; the vocabulary is the emoji tokenizer's. */
export const tinyConfigs: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  CLIP: { ...sizes, model_type: 'clip_text_model', hidden_act: 'quick_gelu', max_position_embeddings: 77 },
  RoBERTa: { ...sizes, model_type: 'roberta', pad_token_id: 1 },
  'XLM-RoBERTa': { ...sizes, model_type: 'xlm-roberta', pad_token_id: 1 },
  BERT: { ...sizes, model_type: 'bert', pad_token_id: 1 },
  ELECTRA: { ...sizes, model_type: 'electra', embedding_size: 8, pad_token_id: 1 },
  DistilBERT: { ...distilSizes, model_type: 'distilbert', pad_token_id: 1 },
  'RoBERTa with a bias for each position': { ...sizes, model_type: 'ksd_roberta_bias', pad_token_id: 1 },
  'RoBERTa that counts through its pads': {
    ...sizes,
    model_type: 'ksd_roberta_counting',
    pad_token_id: 1,
  },
  'RoBERTa with a reader': {
    ...sizes,
    model_type: 'ksd_roberta_reader',
    pad_token_id: 1,
    projection_dim: 16,
    reader_heads: 2,
    reader_layers: 1,
  },
};

const wordpiece = 'models/emoji-tokenizer';

/** Writes a text encoder with its tokenizer inside; the same config always gets the same weights. */
export async function writeRandomEncoder(
  folder: string,
  config: Readonly<Record<string, unknown>>,
  tokenizerFolder = wordpiece,
): Promise<void> {
  const whole = { vocab_size: 6000, ...config };
  const graph = createGraph();
  encoderModel(String(config['model_type']), whole, 'test').build(graph, 77);
  const tensors = Array.from(graph.parameters, ([name, { shape }]) => {
    const size = (shape as readonly number[]).reduce((a, b) => a * b, 1);
    return { name, shape: shape as readonly number[], data: randomStream(1, name).normals(size, 0, 0.3) };
  });
  await writeTextEncoder(folder, { config: whole, tensors, dtype: 'F32' });
  await cp(tokenizerFolder, join(folder, 'tokenizer'), { recursive: true });
}
