/**
 * Draws prompts with several text encoders. Every system draws a prompt from the same noise, so that nothing but the encoder
 * and the language differ.
 */
import type { Language } from '../generation/header.ts';
import type { Pipeline } from '../generation/pipeline.ts';
import type { Image } from '../pictures/image.ts';
import type { System } from './evaluatePictures.ts';
import { type Journal, noJournal } from './journal.ts';

export type DrawnPrompt = Readonly<Record<Language, string>>;

export interface DrawPromptsOptions {
  /** Those of the pipeline by default. */
  readonly steps?: number;
  readonly guidance?: number;
  readonly scheduler?: string;
  /** Of the first prompt's noise; the next prompts take the next ones. */
  readonly seed: number;
  /** Pictures that are drawn at once. */
  readonly batch: number;
  /** Where pictures are kept and found again; nowhere by default. */
  readonly journal?: Journal;
  readonly signal?: AbortSignal;
}

export interface Drawn<Prompt> {
  readonly system: System;
  readonly prompt: Prompt;
  readonly seed: number;
  readonly picture: Image;
}

/** System by system, yielding each batch. Throws what the pipeline throws, and the reason of the signal. */
export async function* drawPrompts<Prompt extends DrawnPrompt>(
  pipeline: Pipeline,
  prompts: readonly Prompt[],
  systems: readonly System[],
  { batch: size, journal = noJournal, signal, ...options }: DrawPromptsOptions,
): AsyncGenerator<Drawn<Prompt>[], void, undefined> {
  for (const system of systems) {
    for (let start = 0; start < prompts.length; start += size) {
      signal?.throwIfAborted();
      const some = prompts.slice(start, start + size);
      const settings = { ...options, seed: options.seed + start };
      const texts = some.map((prompt) => prompt[system.language]);
      const images = await keptOrDrawn(journal, { pipeline, system, texts, settings, signal });
      yield some.map((prompt, i) => {
        return { system, prompt, seed: settings.seed + i, picture: images[i] as Image };
      });
    }
  }
}

interface Batch {
  readonly pipeline: Pipeline;
  readonly system: System;
  readonly texts: readonly string[];
  readonly settings: Omit<DrawPromptsOptions, 'batch' | 'journal' | 'signal'>;
  readonly signal: AbortSignal | undefined;
}

/** Kept by the batch, since pictures depend in their last bits on those that they are drawn with. */
async function keptOrDrawn(journal: Journal, batch: Batch): Promise<readonly Image[]> {
  const { pipeline, system, texts, settings, signal } = batch;
  const { name, weights, encoder } = system;
  const key = { measure: 'pictures', system: weights ?? name, texts, settings };
  const kept = await journal.findImages(key, texts.length);
  if (kept) return kept;
  const request = { prompt: texts, textEncoder: encoder, ...settings, ...(signal ? { signal } : {}) };
  const { images } = await pipeline.draw(request);
  await journal.keepImages(key, images);
  return images;
}
