/**
 * How much of the condition reaches the U-Net (conditioning.ts), for every prompt of a suite and every system, with what
 * each probe of the suite tells.
 *
 * Writes no files and no output: who iterates sees each prompt when it is done.
 */
import type { TextEncoder } from '../encoders/textEncoder.ts';
import { InputError } from '../errors.ts';
import type { Language } from '../generation/header.ts';
import type { Pipeline } from '../generation/pipeline.ts';
import type { FloatTensor } from '../runtime/tensor.ts';
import { bootstrapMean, type Estimate } from './bootstrap.ts';
import { conditioningDistances, type Distances, recordMoments, recovered } from './conditioning.ts';
import type { System } from './evaluatePictures.ts';
import { type Journal, type Key, noJournal } from './journal.ts';
import { checkNames } from './systemNames.ts';

export interface ConditioningPrompt {
  readonly ko: string;
  readonly en: string;
  readonly probe: string;
}

export interface ConditioningOptions {
  /** Of the run that latents are taken from, 25 by default. */
  readonly steps?: number;
  /** 7.5 by default. */
  readonly guidance?: number;
  /** `unipc` by default. */
  readonly scheduler?: string;
  /** Of the first prompt's noise; the next prompts take the next ones. 0 by default. */
  readonly seed?: number;
  /** Where results are kept and found again; nowhere by default. */
  readonly journal?: Journal;
  readonly signal?: AbortSignal;
}

export type ConditioningSettings = Required<Omit<ConditioningOptions, 'journal' | 'signal'>>;

/** A prompt is done. */
export interface ConditioningProgress {
  readonly done: number;
  readonly total: number;
  readonly prompt: ConditioningPrompt;
}

/** What is left of a prompt's condition with each system, in the order of systems: 1 is all, 0 what no prompt gives. */
export interface PromptConditioning extends ConditioningPrompt {
  readonly recovered: readonly number[];
}

export interface ConditioningRow {
  readonly system: string;
  readonly label: string;
  readonly language: Language;
  /** Mean over prompts. */
  readonly recovered: Estimate;
  readonly probes: readonly { readonly probe: string; readonly recovered: Estimate }[];
}

export interface ConditioningEvaluation {
  readonly model: string;
  readonly settings: ConditioningSettings;
  /** Model calls whose latents were taken, counted from 0. */
  readonly calls: readonly number[];
  readonly rows: readonly ConditioningRow[];
  readonly prompts: readonly PromptConditioning[];
}

/** The first call, and those after a third and two thirds of the run: composition, shapes, detail. */
export function recordedCalls(steps: number): number[] {
  return [...new Set([0, Math.floor(steps / 3), Math.floor((2 * steps) / 3)])];
}

/**
 * Measures every system on every prompt, yielding after each prompt. Prompts that say the same in English share their latents.
 * Throws InputError for no prompts, no systems or two of one name, and what the pipeline throws.
 */
export async function* evaluateConditioning(
  pipeline: Pipeline,
  prompts: readonly ConditioningPrompt[],
  systems: readonly System[],
  options: ConditioningOptions = {},
): AsyncGenerator<ConditioningProgress, ConditioningEvaluation, undefined> {
  const { journal = noJournal, signal, ...given } = options;
  const settings = { steps: 25, guidance: 7.5, scheduler: 'unipc', seed: 0, ...given };
  checkRequest(prompts, systems);
  const calls = recordedCalls(settings.steps);
  const groups = [...byEnglish(prompts)];
  const results = new Map<ConditioningPrompt, readonly number[]>();
  for (const [i, [en, same]] of groups.entries()) {
    signal?.throwIfAborted();
    const seed = settings.seed + i;
    const group = { pipeline, en, same, systems, settings: { ...settings, seed }, calls, signal };
    const distances = await keptOrMeasured(journal, group);
    for (const prompt of same) {
      results.set(
        prompt,
        systems.map((system) => recovered(distances.get(keyOf(system, prompt)) as Distances)),
      );
      yield { done: results.size, total: prompts.length, prompt };
    }
  }
  const measured = prompts.map(({ ko, en, probe }, i) => {
    return { ko, en, probe, recovered: results.get(prompts[i] as ConditioningPrompt) as readonly number[] };
  });
  const rows = systems.map((system, at) => rowOf(system, at, measured));
  return { model: pipeline.name, settings, calls, rows, prompts: measured };
}

function byEnglish(prompts: readonly ConditioningPrompt[]): Map<string, ConditioningPrompt[]> {
  const groups = new Map<string, ConditioningPrompt[]>();
  for (const prompt of prompts) groups.set(prompt.en, [...(groups.get(prompt.en) ?? []), prompt]);
  return groups;
}

/** States of one text; prompts of one text in the language of the system share them. */
function keyOf({ name, language }: System, prompt: ConditioningPrompt): string {
  return `${name}\n${prompt[language]}`;
}

/** Prompts that say the same in English, and who reads them. */
interface PromptGroup {
  readonly pipeline: Pipeline;
  readonly en: string;
  readonly same: readonly ConditioningPrompt[];
  readonly systems: readonly System[];
  readonly settings: ConditioningSettings;
  readonly calls: readonly number[];
  readonly signal: AbortSignal | undefined;
}

/** Distances by `keyOf`: of the systems that the journal knows from there, of the others measured and kept. */
async function keptOrMeasured(journal: Journal, group: PromptGroup): Promise<Map<string, Distances>> {
  const distances = new Map<string, Distances>();
  const missing: System[] = [];
  for (const system of group.systems) {
    const keys = keysOf(system, group.same);
    const kept = await journal.findNumbers(journalKey(system, group), 2 * keys.length);
    if (kept === undefined) missing.push(system);
    else keys.forEach((key, i) => void distances.set(key, distancesAt(kept, i)));
  }
  if (missing.length === 0) return distances;
  const measured = await measureGroup({ ...group, systems: missing });
  for (const [key, value] of measured) distances.set(key, value);
  for (const system of missing) {
    const own = keysOf(system, group.same).map((key) => measured.get(key) as Distances);
    await journal.keepNumbers(
      journalKey(system, group),
      own.flatMap(({ lost, whole }) => [lost, whole]),
    );
  }
  return distances;
}

function distancesAt(numbers: readonly number[], i: number): Distances {
  return { lost: numbers[2 * i] as number, whole: numbers[2 * i + 1] as number };
}

function journalKey({ name, weights, language }: System, { en, same, settings, calls }: PromptGroup): Key {
  const prompts = [...new Set(same.map((prompt) => prompt[language]))];
  return { measure: 'conditioning', system: weights ?? name, language, en, prompts, settings, calls };
}

async function measureGroup({
  pipeline,
  en,
  same,
  systems,
  settings,
  calls,
  signal,
}: PromptGroup): Promise<Map<string, Distances>> {
  const own = await pipeline.textEncoder();
  const moments = await recordMoments(pipeline, en, { ...settings, calls, ...(signal ? { signal } : {}) });
  const texts = {
    teacher: await own.encode([en]),
    empty: await own.encode(['']),
    measured: await statesOf(same, systems),
  };
  return conditioningDistances(pipeline.unet, moments, texts);
}

/** Of the texts that a system reads of these prompts, each once. */
function keysOf(system: System, prompts: readonly ConditioningPrompt[]): string[] {
  return [...new Set(prompts.map((prompt) => keyOf(system, prompt)))];
}

/** Of each text that a system reads of these prompts, [1, tokens, width]. */
async function statesOf(
  prompts: readonly ConditioningPrompt[],
  systems: readonly System[],
): Promise<Map<string, FloatTensor>> {
  const states = new Map<string, FloatTensor>();
  for (const system of systems) {
    const texts = [...new Set(prompts.map((prompt) => prompt[system.language]))];
    const each = await encodeEach(system.encoder, texts);
    for (const [i, text] of texts.entries()) states.set(`${system.name}\n${text}`, each[i] as FloatTensor);
  }
  return states;
}

async function encodeEach(encoder: TextEncoder, texts: readonly string[]): Promise<FloatTensor[]> {
  const { data, shape, type } = await encoder.encode(texts);
  const [, ...rest] = shape;
  const size = data.length / texts.length;
  return texts.map((_, i) => ({
    type,
    data: data.subarray(i * size, (i + 1) * size),
    shape: [1, ...rest],
  }));
}

function rowOf(
  { name, label, language }: System,
  at: number,
  prompts: readonly PromptConditioning[],
): ConditioningRow {
  const mean = (some: readonly PromptConditioning[]) =>
    bootstrapMean(some.map((prompt) => prompt.recovered[at] as number));
  const probes = [...new Set(prompts.map(({ probe }) => probe))].map((probe) => {
    return { probe, recovered: mean(prompts.filter((prompt) => prompt.probe === probe)) };
  });
  return { system: name, label, language, recovered: mean(prompts), probes };
}

function checkRequest(prompts: readonly ConditioningPrompt[], systems: readonly System[]): void {
  if (prompts.length === 0 || systems.length === 0) {
    throw new InputError(
      `There are ${prompts.length} prompts and ${systems.length} systems to measure.`,
      'Give at least one of each.',
    );
  }
  checkNames(systems);
}
