/**
 * Where a student starts from: its config, its tokenizer and its initial parameters.
 */
import { loadParameter } from '../checkpoint/bind.ts';
import type { JsonObject } from '../checkpoint/json.ts';
import type { StableDiffusion } from '../checkpoint/stableDiffusion.ts';
import type { Weights } from '../checkpoint/tensorEntry.ts';
import { openTextEncoder } from '../checkpoint/textEncoderFolder.ts';
import { checkTokenizer, encoderModel } from '../encoders/family.ts';
import type { EncoderModel } from '../encoders/model.ts';
import { isProjection, projectTo } from '../encoders/projection.ts';
import { tokenizerFolderOf } from '../encoders/textEncoder.ts';
import { openTokenizer, type TokenizerFolder } from '../encoders/tokenizerFolder.ts';
import { ConfigError } from '../errors.ts';
import type { Value } from '../graph/graph.ts';
import { randomStream } from '../random/stream.ts';
import type { Experiment } from './experiment.ts';
import { type StudentKind, studentKinds } from './students.ts';

export interface Start {
  /** The student's config.json. */
  readonly config: JsonObject;
  readonly model: EncoderModel;
  readonly tokenizer: TokenizerFolder;
  /** Absent: everything is random. */
  readonly weights?: Weights;
}

/**
 * Opens what the experiment's student starts from, which may be the text encoder of `teacher`.
 * Throws CheckpointError for damaged files, ConfigError if kind, config and tokenizer do not fit each other.
 */
export async function openStart({ student }: Experiment, teacher: StableDiffusion): Promise<Start> {
  const start = projected(await startOf(student, teacher), student, widthOf(teacher));
  const { model, tokenizer } = start;
  const source = student.start === 'random' ? 'student.config' : student.start;
  checkTokenizer(source, model, tokenizer.tokenizer);
  const { padId } = tokenizer.tokenizer;
  if (model.equalPadId === undefined || model.equalPadId === padId) return start;
  throw new ConfigError(
    `${source}: the tokenizer pads with ${padId}, but pad_token_id is ${model.equalPadId}.`,
    'Correct pad_token_id, or use the tokenizer that belongs to the model.',
  );
}

/** What the U-Net reads is as wide as the teacher's states. */
function widthOf({ textEncoder: { modelType, config, configSource } }: StableDiffusion): number {
  return encoderModel(modelType, config, configSource).hiddenSize;
}

/** The student with a projection to `width`, if it needs or wants one and has none. */
function projected(start: Start, { kind, projection }: Experiment['student'], width: number): Start {
  const { config, model } = start;
  const wanted = projection ?? model.hiddenSize !== width;
  if (!wanted || model.projectedFrom !== undefined) return start;
  const wider = projectTo(config, width);
  return {
    ...start,
    config: wider,
    model: encoderModel(studentKinds[kind].modelType, wider, 'student.projection'),
  };
}

async function startOf(student: Experiment['student'], teacher: StableDiffusion): Promise<Start> {
  const { modelType, grownFrom }: StudentKind = studentKinds[student.kind];
  if (student.start === 'random') return randomStart(student, modelType);
  const ofTeacher = student.start === 'teacher';
  const source = ofTeacher ? teacher.source : student.start;
  const opened = ofTeacher ? teacher.textEncoder : await openTextEncoder(source);
  const ownTokenizer = ofTeacher ? teacher.tokenizer.folder : await tokenizerFolderOf(source);
  const grown = opened.modelType === grownFrom;
  if (opened.modelType !== modelType && !grown) {
    throw new ConfigError(
      `A student of kind ${student.kind} is a ${modelType}, but ${source} holds a ${opened.modelType}.`,
      'Change student.kind or student.start.',
    );
  }
  const config = grown
    ? { ...opened.config, ...(student.config as JsonObject | undefined), model_type: modelType }
    : opened.config;
  return {
    config,
    model: encoderModel(modelType, config, opened.configSource),
    tokenizer: await openTokenizer(student.tokenizer ?? ownTokenizer),
    weights: opened.weights,
  };
}

async function randomStart(student: Experiment['student'], modelType: string): Promise<Start> {
  if (!student.tokenizer || !student.config) {
    throw new ConfigError(
      'A student that starts at random needs student.tokenizer and student.config.',
      'Add both to the experiment.',
    );
  }
  const tokenizer = await openTokenizer(student.tokenizer);
  const config = { model_type: modelType, vocab_size: tokenizer.tokenizer.vocabSize, ...student.config };
  return { config, model: encoderModel(modelType, config, 'student.config'), tokenizer };
}

/** Parameters that a checkpoint may lack because its task had no use for them, or because a student is grown from it. */
const isOptional = (name: string) => /^(pooler|reader)\.|^position_bias$/.test(name) || isProjection(name);

/**
 * The initial values of each parameter: from the weights, or random as transformers initialises them. The pooler is
 * random too where a masked-LM checkpoint has none, and so are a new projection and what a kind adds to a checkpoint that it
 * is grown from. Throws CheckpointError for a missing tensor or a wrong shape.
 */
export async function initialParameters(
  start: Start,
  parameters: ReadonlyMap<string, Value>,
  seed: number,
): Promise<Map<string, Float32Array>> {
  const values = new Map<string, Float32Array>();
  for (const [name, { shape }] of parameters) {
    const { weights } = start;
    const random = !weights || (isOptional(name) && !weights.tensors.has(name));
    const sizes = shape as readonly number[];
    values.set(
      name,
      random ? randomParameter(name, sizes, start, seed) : await loadParameter(weights, name, sizes),
    );
  }
  return values;
}

/**
 * Normal with std `initializer_range`; norms are 1, biases 0, and so are the rows of padding. A projection that need not
 * change the width begins as one that changes nothing.
 */
function randomParameter(
  name: string,
  shape: readonly number[],
  { config, model }: Start,
  seed: number,
): Float32Array {
  const size = shape.reduce((a, b) => a * b, 1);
  if (name.endsWith('bias')) return new Float32Array(size);
  if (isProjection(name) && shape[0] === shape[1]) return identity(shape[0]!);
  if (/(LayerNorm|layer_norm\d?|layernorm)\.weight$/.test(name)) return new Float32Array(size).fill(1);
  const range = config['initializer_range'];
  const values = randomStream(seed, name).normals(size, 0, typeof range === 'number' ? range : 0.02);
  const padded = /(word|position)_embeddings\.weight$/.test(name) && model.equalPadId !== undefined;
  if (padded) values.fill(0, model.equalPadId * shape[1]!, (model.equalPadId + 1) * shape[1]!);
  return values;
}

function identity(size: number): Float32Array {
  const values = new Float32Array(size * size);
  for (let i = 0; i < size; i++) values[i * size + i] = 1;
  return values;
}
