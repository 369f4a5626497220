/**
 * Does a prompt draw the right thing? Draws the prompts of a suite with several text encoders and scores the pictures.
 *
 * Every system draws an item from the same noise, so that nothing but the encoder and the language differ. Writes no
 * files and no output: who iterates sees the pictures as they come.
 */
import type { TextEncoder } from '../encoders/textEncoder.ts';
import { ConfigError, InputError } from '../errors.ts';
import { columnHeader, type Language } from '../generation/header.ts';
import type { Pipeline } from '../generation/pipeline.ts';
import type { Image } from '../pictures/image.ts';
import { drawPrompts } from './drawPrompts.ts';
import { createEmojiScorer, type PictureScore } from './emojiScore.ts';
import { type SuiteItem, sceneOf } from './emojiSuite.ts';
import type { EmojiWorld } from './emojiWorld.ts';
import type { Journal } from './journal.ts';
import { type Proportion, proportionOf } from './proportion.ts';
import { checkNames } from './systemNames.ts';

/** A text encoder that is given the prompts in one language. */
export interface System {
  /** For people; no two may have the same. */
  readonly name: string;
  /** For figures and reports: Korean, then English on a line of its own. */
  readonly label: string;
  readonly encoder: TextEncoder;
  readonly language: Language;
  /** Tells its weights from all others, so that a journal finds what it gave: `fingerprintOf`. */
  readonly weights?: string;
}

export interface EvaluationOptions {
  /** 25 by default. */
  readonly steps?: number;
  /** 5 by default, as the scores of models/emoji-sd were taken. */
  readonly guidance?: number;
  /** `unipc` by default. */
  readonly scheduler?: string;
  /** Of the first item's noise; the next items take the next ones. 0 by default. */
  readonly seed?: number;
  /** Pictures that are drawn at once, 8 by default. The pictures do not depend on it, but for rounding. */
  readonly batch?: number;
  /** Where pictures are kept and found again; nowhere by default. */
  readonly journal?: Journal;
  readonly signal?: AbortSignal;
}

export interface EvaluatedPicture {
  /** Name of the system. */
  readonly system: string;
  readonly item: SuiteItem;
  readonly seed: number;
  readonly picture: Image;
  readonly score: PictureScore;
}

/** What a batch brought. */
export interface EvaluationProgress {
  /** Pictures so far, of all systems. */
  readonly done: number;
  readonly total: number;
  /** The new ones. */
  readonly pictures: readonly EvaluatedPicture[];
}

/** How often a system drew a set of prompts right. */
export interface EvaluationRow {
  /** Name of the system, and its label. */
  readonly system: string;
  readonly label: string;
  readonly language: Language;
  /** A set or a probe of the suite. */
  readonly set: string;
  readonly n: number;
  /** The asked emoji is the nearest of all. */
  readonly top1: Proportion;
  readonly top5: Proportion;
  readonly top20: Proportion;
  readonly background: Proportion;
  /** Top 1 on the right background: the right picture. */
  readonly both: Proportion;
}

export type EvaluationSettings = Required<Omit<EvaluationOptions, 'journal' | 'signal'>>;

export interface Evaluation {
  readonly model: string;
  readonly settings: EvaluationSettings;
  /** System by system, set by set. */
  readonly rows: readonly EvaluationRow[];
  readonly pictures: readonly EvaluatedPicture[];
}

/** Teacher in English (the goal) and Korean (before), then each student in Korean (after) and English. */
export function defaultSystems(teacher: TextEncoder, students: readonly TextEncoder[]): System[] {
  const system = (encoder: TextEncoder, language: Language, student?: string): System => ({
    name: `${encoder.name} ${language}`,
    label: columnHeader(language, student),
    encoder,
    language,
  });
  return [
    system(teacher, 'en'),
    system(teacher, 'ko'),
    ...students.flatMap((student) => [
      system(student, 'ko', student.name),
      system(student, 'en', student.name),
    ]),
  ];
}

/**
 * Draws and scores every item with every system, yielding after each batch; returns the table. Throws ConfigError for a
 * model that does not draw in the world's size, InputError for no items, no systems or two of one name, and what the
 * pipeline throws.
 */
export async function* evaluatePictures(
  pipeline: Pipeline,
  world: EmojiWorld,
  items: readonly SuiteItem[],
  systems: readonly System[],
  options: EvaluationOptions = {},
): AsyncGenerator<EvaluationProgress, Evaluation, undefined> {
  const { journal, signal, ...given } = options;
  const settings = { steps: 25, guidance: 5, scheduler: 'unipc', seed: 0, batch: 8, ...given };
  checkRequest(pipeline, world, items, systems, settings);
  const { score } = createEmojiScorer(world);
  const total = items.length * systems.length;
  const pictures: EvaluatedPicture[] = [];
  const kept = { ...(journal ? { journal } : {}), ...(signal ? { signal } : {}) };
  for await (const drawn of drawPrompts(pipeline, items, systems, { ...settings, ...kept })) {
    const scored = drawn.map(({ system, prompt: item, seed, picture }) => {
      return { system: system.name, item, seed, picture, score: score(picture, sceneOf(item)) };
    });
    pictures.push(...scored);
    yield { done: pictures.length, total, pictures: scored };
  }
  return { model: pipeline.name, settings, rows: tabulate(systems, pictures), pictures };
}

function tabulate(systems: readonly System[], pictures: readonly EvaluatedPicture[]): EvaluationRow[] {
  return systems.flatMap(({ name, label, language }) => {
    const own = pictures.filter(({ system }) => system === name);
    const sets = [...new Set(own.map(({ item }) => item.set))];
    return sets.map((set) => {
      const scores = own.filter(({ item }) => item.set === set).map(({ score }) => score);
      const within = (most: number) => proportionOf(scores, ({ rank }) => rank <= most);
      return {
        system: name,
        label,
        language,
        set,
        n: scores.length,
        top1: within(1),
        top5: within(5),
        top20: within(20),
        background: proportionOf(scores, ({ backgroundRight }) => backgroundRight),
        both: proportionOf(scores, isRight),
      };
    });
  });
}

/** The right emoji on the right background. */
export function isRight({ rank, backgroundRight }: PictureScore): boolean {
  return rank === 1 && backgroundRight;
}

function checkRequest(
  pipeline: Pipeline,
  world: EmojiWorld,
  items: readonly SuiteItem[],
  systems: readonly System[],
  { batch }: EvaluationSettings,
): void {
  if (pipeline.side !== world.side) {
    throw new ConfigError(
      `${pipeline.name} draws ${pipeline.side}x${pipeline.side} pixels, but the emoji world has ` +
        `${world.side}x${world.side}: its pictures cannot be recognised.`,
      'Use this evaluation for models of the emoji world.',
    );
  }
  if (items.length === 0 || systems.length === 0) {
    throw new InputError(
      `There are ${items.length} prompts and ${systems.length} systems to evaluate.`,
      'Give at least one of each.',
    );
  }
  checkNames(systems);
  if (!(Number.isInteger(batch) && batch >= 1)) {
    throw new InputError(`${batch} pictures cannot be drawn at once.`, 'Use a batch of 1 or more.');
  }
}
