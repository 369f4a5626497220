/**
 * A text encoder ready to run: texts in, the states that condition a picture out.
 *
 * Of its variations (clip skip, extra vectors) one is compiled at a time, since each holds all weights: asking for another
 * disposes of it first. Where all pads of a text are equal, one is computed and stands for all. A graph with the outputs of all layers would serve every one, but run the last layers in vain.
 */
import { basename, dirname, join } from 'node:path';
import { isThere } from '../checkpoint/file.ts';
import { openTextEncoder as openFolder, type TextEncoderFiles } from '../checkpoint/textEncoderFolder.ts';
import type { Hooks } from '../models/scope.ts';
import { compile } from '../runtime/compile.ts';
import type { Runtime } from '../runtime/session.ts';
import { type FloatTensor, floatTensor, type Tensor } from '../runtime/tensor.ts';
import { encodeBatch, promptLength, type Tokenizer } from '../text/tokenizer.ts';
import { checkTokenizer, encoderModel } from './family.ts';
import type { EncoderModel } from './model.ts';
import { foldPads, unfoldPads } from './packing.ts';
import { openTokenizer } from './tokenizerFolder.ts';
import { extraInput, oneAtATime, packedVariation, type Variation, variationGraph } from './variations.ts';

export interface TextEncoder {
  /** For people: the name of its folder. */
  readonly name: string;
  readonly model: EncoderModel;
  readonly tokenizer: Tokenizer;
  /**
   * States [texts, 77, hiddenSize]; each text is cut or padded to 77 tokens, and read literally. Throws InputError for a clip
   * skip beyond the layers, ConfigError where the encoder takes no extra vectors, RuntimeError if the engine fails.
   */
  encode(texts: readonly string[], options?: EncodeOptions): Promise<FloatTensor>;
  /** The same from token ids [texts, 77]. */
  encodeIds(ids: Int32Array, options?: EncodeOptions): Promise<FloatTensor>;
  dispose(): Promise<void>;
}

export interface EncodeOptions {
  /** 1, the default, reads the last layer; 2 the last but one, and so on. Final norms are applied all the same. */
  readonly clipSkip?: number;
  /** [any, hiddenSize]: vectors for the ids from the model's `vocabSize` on. */
  readonly extraVectors?: FloatTensor;
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
  const variations = oneAtATime((variation: Variation) => {
    const packed = packedVariation(model, variation, hooks);
    const { graph, states } = packed
      ? variationGraph(packed, name, variation, hooks, 'length')
      : variationGraph(model, name, variation, hooks);
    return () => compile(runtime, graph, { states }, weights);
  });
  await variations.use({ clipSkip: 1, extra: false }, async () => {});
  const row = promptLength * model.hiddenSize;

  async function encodeIds(
    ids: Int32Array,
    { clipSkip = 1, extraVectors }: EncodeOptions = {},
  ): Promise<FloatTensor> {
    const count = ids.length / promptLength;
    const states = new Float32Array(count * row);
    const extra = extraVectors !== undefined && ids.some((id) => id >= model.vocabSize);
    const packed = packedVariation(model, { clipSkip, extra }, hooks);
    await variations.use({ clipSkip, extra }, async (session) => {
      for (let start = 0; start < count; start += batchSize) {
        const part = ids.subarray(start * promptLength, (start + batchSize) * promptLength);
        const run = async (feeds: Record<string, Tensor>) =>
          (await session.run(feeds))['states']!.data as Float32Array;
        if (packed) {
          const { ids: kept, length, keyBias } = foldPads(part, promptLength, packed.equalPadId);
          const rows = await run(packed.feeds(kept, length, keyBias));
          states.set(unfoldPads(rows, length, promptLength, model.hiddenSize), start * row);
        } else {
          const more = extra ? { [extraInput]: extraVectors } : {};
          states.set(await run({ ...model.feeds(part, promptLength), ...more }), start * row);
        }
      }
    });
    return floatTensor(states, [count, promptLength, model.hiddenSize]);
  }

  return {
    name,
    model,
    tokenizer,
    encodeIds,
    encode: (texts, options) => encodeIds(encodeBatch(tokenizer, texts, promptLength).ids, options),
    dispose: variations.dispose,
  };
}

/** `tokenizer/` inside the folder (a student), beside it (a diffusers model), or the folder itself. */
export async function tokenizerFolderOf(folder: string): Promise<string> {
  for (const candidate of [join(folder, 'tokenizer'), join(dirname(folder), 'tokenizer')]) {
    if (await isThere(candidate)) return candidate;
  }
  return folder;
}
