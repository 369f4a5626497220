/**
 * Models and students that are offered by name, and what has to be known of them before they are opened: whoever asks for one
 * gives a name, never a path.
 */
import { resolve } from 'node:path';
import { openStableDiffusion } from '../checkpoint/stableDiffusion.ts';
import { openTextEncoder } from '../checkpoint/textEncoderFolder.ts';
import { encoderModel } from '../encoders/family.ts';
import { CheckpointError } from '../errors.ts';
import { modelName } from '../generation/open.ts';
import { latentSide, parseUNetConfig } from '../models/unetConfig.ts';
import { parseVaeConfig, vaeScaleFactor } from '../models/vaeConfig.ts';
import { checkModel } from './models.ts';
import { guidanceFor, isPackagedModel, packagedModel, packagedStudents } from './packaged.ts';
import { findStudent, noStudent } from './students.ts';

export interface OfferedModel {
  readonly name: string;
  readonly folder: string;
  /** Pixels of a side as it was trained. */
  readonly side: number;
  /** Pixels a latent, along a side. */
  readonly factor: number;
  /** Width of the states that its U-Net reads. */
  readonly width: number;
  /** What is used where nothing is asked for. */
  readonly steps: number;
  readonly guidance: number;
  readonly scheduler: string;
  readonly examples: readonly PromptExample[];
}

export interface OfferedStudent {
  readonly name: string;
  readonly folder: string;
  readonly description: string;
  /** Width of its states: only models that read this width can use it. */
  readonly width: number;
}

export interface PromptExample {
  readonly ko: string;
  readonly en: string;
}

export interface Offered {
  /** At least one; the first is the default. */
  readonly models: readonly OfferedModel[];
  readonly students: readonly OfferedStudent[];
}

const usual = { steps: 25, guidance: 7.5, scheduler: 'unipc' } as const;

const emojiExamples: readonly PromptExample[] = [
  { ko: '파란색 배경의 빨간 사과', en: 'a red apple on a blue background' },
  { ko: '노란색 배경의 강아지 얼굴', en: 'a dog face on a yellow background' },
  { ko: '보라색 배경의 해바라기', en: 'a sunflower on a purple background' },
  { ko: '검은 배경의 무지개', en: 'a rainbow on a black background' },
];

const photoExamples: readonly PromptExample[] = [
  { ko: '노을이 지는 바다와 등대', en: 'a lighthouse by the sea at sunset' },
  { ko: '창가에 앉은 고양이, 수채화', en: 'a cat sitting by the window, watercolor' },
  { ko: '눈 내리는 한옥 마을', en: 'a village of Korean houses in the snow' },
];

/**
 * Reads configs and headers of models and students. Without models, the packaged one; the packaged students are there where a
 * model can use them, after those that are named. Throws CheckpointError or ConfigError naming what is none.
 */
export async function openOffered(models: readonly string[], students: readonly string[]): Promise<Offered> {
  const folders = models.length > 0 ? models : [packagedModel.folder];
  const described = uniquelyNamed(await Promise.all(folders.map(describeModel)));
  const named = students.filter((name) => name !== noStudent);
  const given = await Promise.all(named.map(describeStudent));
  const packaged = await Promise.all((await packagedStudents()).map(describeStudent));
  const fitting = packaged.filter(
    ({ folder, width }) =>
      described.some((model) => model.width === width) && given.every((one) => one.folder !== folder),
  );
  for (const student of given) {
    if (described.some((model) => model.width === student.width)) continue;
    throw new CheckpointError(
      `The student ${student.name} gives states of width ${student.width}, which no model here reads.`,
      'Give the model that it was distilled for with --model.',
    );
  }
  return { models: described, students: uniquelyNamed([...given, ...fitting]) };
}

/** The student that a model is used with where none is named: the first one that fits; undefined for its own encoder. */
export function presetStudent({ students }: Offered, model: OfferedModel): OfferedStudent | undefined {
  return students.find(({ width }) => width === model.width);
}

async function describeModel(folder: string): Promise<OfferedModel> {
  await checkModel(folder);
  const model = await openStableDiffusion(folder);
  const unet = parseUNetConfig(model.unet.config, model.unet.configSource);
  const factor = vaeScaleFactor(parseVaeConfig(model.vae.config, model.vae.configSource));
  return {
    name: modelName(folder),
    folder: resolve(folder),
    side: latentSide(unet) * factor,
    factor,
    width: unet.crossAttentionDim,
    ...usual,
    ...guidanceFor(folder, undefined),
    examples: isPackagedModel(folder) ? emojiExamples : photoExamples,
  };
}

async function describeStudent(given: string): Promise<OfferedStudent> {
  const { name, folder } = await findStudent(given);
  const { config, configSource, modelType } = await openTextEncoder(folder);
  const { hiddenSize } = encoderModel(modelType, config, configSource);
  const layers = Number(config['num_hidden_layers']);
  const depth = Number.isInteger(layers) ? `, ${layers} layers` : '';
  return { name, folder, description: `${modelType}${depth}`, width: hiddenSize };
}

/** Names that stand a second time get a number. */
function uniquelyNamed<Named extends { readonly name: string }>(all: readonly Named[]): Named[] {
  const taken = new Set<string>();
  return all.map((one) => {
    let name = one.name;
    for (let i = 2; taken.has(name); i++) name = `${one.name}-${i}`;
    taken.add(name);
    return { ...one, name };
  });
}
