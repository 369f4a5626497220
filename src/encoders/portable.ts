/**
 * A text encoder in the form that Hugging Face's transformers loads: its class, a config.json that says everything, the
 * weights that this class has, and the files of a tokenizer whose class transformers knows.
 *
 * Config and weights cannot disagree: the weights are those that a model built from the config asks for.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { loadParameter } from '../checkpoint/bind.ts';
import type { JsonObject } from '../checkpoint/json.ts';
import { openTextEncoder, type TextEncoderFiles } from '../checkpoint/textEncoderFolder.ts';
import type { NamedTensor } from '../checkpoint/textEncoderWriter.ts';
import { ConfigError } from '../errors.ts';
import { createGraph } from '../graph/graph.ts';
import { tokenizerClass } from '../text/classes.ts';
import { promptLength } from '../text/tokenizer.ts';
import { checkTokenizer, encoderModel } from './family.ts';
import type { EncoderModel } from './model.ts';
import { tokenizerFolderOf } from './textEncoder.ts';
import { openTokenizer, type TokenizerFolder } from './tokenizerFolder.ts';

export interface Student {
  readonly files: TextEncoderFiles;
  readonly model: EncoderModel;
  readonly tokenizer: TokenizerFolder;
}

/** Opens the text encoder in `folder` with its tokenizer. Throws CheckpointError or ConfigError if they do not fit. */
export async function openStudent(folder: string): Promise<Student> {
  const files = await openTextEncoder(folder);
  const model = encoderModel(files.modelType, files.config, files.configSource);
  const tokenizer = await openTokenizer(await tokenizerFolderOf(folder));
  checkTokenizer(files.configSource, model, tokenizer.tokenizer);
  return { files, model, tokenizer };
}

/**
 * The weights that the model has, and a pooler if there is one, as float32. Throws CheckpointError naming the tensor that
 * is missing or has another shape than the config asks for.
 */
export async function readTensors({ files: { weights }, model }: Student): Promise<NamedTensor[]> {
  const graph = createGraph();
  model.build(graph, promptLength);
  const wanted = new Map(
    [...graph.parameters].map(([name, { shape }]) => [name, shape as readonly number[]]),
  );
  for (const [name, { shape }] of weights.tensors) if (name.startsWith('pooler.')) wanted.set(name, shape);
  return Promise.all(
    Array.from(wanted, async ([name, shape]) => ({
      name,
      shape,
      data: await loadParameter(weights, name, shape),
    })),
  );
}

export interface Portable {
  readonly className: string;
  readonly tokenizerClass: string;
  /** config.json, but for the type of the weights. */
  readonly config: JsonObject;
  readonly tensors: readonly NamedTensor[];
  /** Contents by file name. */
  readonly tokenizerFiles: Readonly<Record<string, string | Uint8Array>>;
}

/**
 * `maxLength`: to how many tokens the tokenizer cuts texts, and pads them where it is asked to without a number.
 * Throws ConfigError for a student that no class of transformers computes, and what `readTensors` throws.
 */
export async function portable(student: Student, maxLength = student.model.maxLength): Promise<Portable> {
  const { files, model, tokenizer } = student;
  if (!model.transformers) {
    const what =
      model.projectedFrom === undefined
        ? `model_type is ${JSON.stringify(model.modelType)}`
        : `the student has a projection to project_dim ${model.hiddenSize}`;
    throw new ConfigError(
      `${files.configSource}: ${what}, which no text encoder of transformers has.`,
      'Export it without --to, for this program, or distil a student of another kind or width.',
    );
  }
  const { className } = model.transformers;
  const written = await tokenizerToWrite(tokenizer, maxLength, files.config['tokenizer_class']);
  // auto_map sends transformers to code beside the weights, which is not written.
  const { auto_map, ...config } = model.transformers.config;
  return {
    className,
    tokenizerClass: written.className,
    config: {
      ...config,
      architectures: [className],
      model_type: model.modelType,
      tokenizer_class: written.className,
    },
    tensors: await readTensors(student),
    tokenizerFiles: written.contents,
  };
}

/** The tokenizer's files, its configuration saying its class. `given`: the class that the model's config.json names. */
async function tokenizerToWrite({ files, tokenizer }: TokenizerFolder, maxLength: number, given: unknown) {
  const contents: Record<string, string | Uint8Array> = {};
  for (const file of files) contents[basename(file)] = await readFile(file);
  const name = 'tokenizer_config.json';
  const { auto_map, ...config } = contents[name] === undefined ? {} : JSON.parse(String(contents[name]));
  const className = tokenizerClass(tokenizer.kind, Object.keys(contents), config.tokenizer_class ?? given);
  const length = Math.min(maxLength, tokenizer.maxLength);
  const whole = { ...config, model_max_length: length, tokenizer_class: className };
  contents[name] = `${JSON.stringify(whole, null, 2)}\n`;
  return { className, contents };
}
