/**
 * A text encoder ready to run: texts in, the states that condition a picture out.
 */
import { basename, dirname, join } from 'node:path';
import { isThere } from '../checkpoint/file.ts';
import { openTextEncoder as openFolder, type TextEncoderFiles } from '../checkpoint/textEncoderFolder.ts';
import { createGraph } from '../graph/graph.ts';
import type { Hooks } from '../models/scope.ts';
import { compile } from '../runtime/compile.ts';
import type { Runtime } from '../runtime/session.ts';
import { type FloatTensor, floatTensor } from '../runtime/tensor.ts';
import { encodeBatch, promptLength, type Tokenizer } from '../text/tokenizer.ts';
import { checkTokenizer, encoderModel } from './family.ts';
import type { EncoderModel } from './model.ts';
import { openTokenizer } from './tokenizerFolder.ts';

export interface TextEncoder {
  /** For people: the name of its folder. */
  readonly name: string;
  readonly model: EncoderModel;
  readonly tokenizer: Tokenizer;
  /** States [texts, 77, hiddenSize]; each text is cut or padded to 77 tokens. Throws RuntimeError if the engine fails. */
  encode(texts: readonly string[]): Promise<FloatTensor>;
  /** The same from token ids [texts, 77]. */
  encodeIds(ids: Int32Array): Promise<FloatTensor>;
  dispose(): Promise<void>;
}

export interface TextEncoderOptions {
  /** Where the tokenizer lies, if not in `tokenizer/` inside or beside the encoder's folder. */
  readonly tokenizerFolder?: string;
  /** Texts a run of the engine; more are cut into runs of this size. */
  readonly batchSize?: number;
}

interface RunOptions extends TextEncoderOptions {
  readonly name: string;
  readonly tokenizerFolder: string;
  readonly hooks?: Hooks | undefined;
}

/** Opens the text encoder in `folder` (Hugging Face layout). Throws CheckpointError or ConfigError. */
export async function openTextEncoder(
  runtime: Runtime,
  folder: string,
  options: TextEncoderOptions = {},
): Promise<TextEncoder> {
  const tokenizerFolder = options.tokenizerFolder ?? (await tokenizerFolderOf(folder));
  return runTextEncoder(runtime, await openFolder(folder), {
    ...options,
    name: basename(folder),
    tokenizerFolder,
  });
}

/** The same for an encoder whose files are open, wherever they lie: that of a model in one file, for example. */
export async function runTextEncoder(
  runtime: Runtime,
  { config, configSource, modelType, weights }: TextEncoderFiles,
  { name, tokenizerFolder, batchSize = 32, hooks }: RunOptions,
): Promise<TextEncoder> {
  const model = encoderModel(modelType, config, configSource);
  const { tokenizer } = await openTokenizer(tokenizerFolder);
  checkTokenizer(configSource, model, tokenizer);
  const graph = createGraph();
  const { lastHiddenState } = model.build(graph, promptLength, hooks);
  const session = await compile(runtime, graph, { states: lastHiddenState }, weights);
  const row = promptLength * model.hiddenSize;

  async function encodeIds(ids: Int32Array): Promise<FloatTensor> {
    const count = ids.length / promptLength;
    const states = new Float32Array(count * row);
    for (let start = 0; start < count; start += batchSize) {
      const part = ids.subarray(start * promptLength, (start + batchSize) * promptLength);
      const result = await session.run(model.feeds(part, promptLength));
      states.set(result['states']!.data as Float32Array, start * row);
    }
    return floatTensor(states, [count, promptLength, model.hiddenSize]);
  }

  return {
    name,
    model,
    tokenizer,
    encodeIds,
    encode: (texts) => encodeIds(encodeBatch(tokenizer, texts, promptLength).ids),
    dispose: () => session.dispose(),
  };
}

/** `tokenizer/` inside the folder (a student), beside it (a diffusers model), or the folder itself. */
export async function tokenizerFolderOf(folder: string): Promise<string> {
  for (const candidate of [join(folder, 'tokenizer'), join(dirname(folder), 'tokenizer')]) {
    if (await isThere(candidate)) return candidate;
  }
  return folder;
}
