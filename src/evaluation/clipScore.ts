/**
 * Do pictures show what their English prompts say, as a CLIP sees it? CLIPScore (Hessel et al., arXiv 2104.08718) without its
 * factor of 2.5: 100 times the cosine of picture and text, 0 where that is negative, as torchmetrics and most papers on
 * generation report it. The text is the English reference whatever language was drawn, since a CLIP reads English.
 */
import type { Language } from '../generation/header.ts';
import type { Image } from '../pictures/image.ts';
import { bootstrapMean, type Estimate } from './bootstrap.ts';
import type { Clip } from './clipModel.ts';
import type { System } from './evaluatePictures.ts';
import { cosineOf } from './rowSums.ts';

/** A picture, and the prompt that it was drawn from. */
export interface JudgedPicture {
  readonly system: string;
  readonly en: string;
  /** A set or a probe of the suite. */
  readonly probe: string;
  readonly picture: Image;
}

export interface ClipScoreRow {
  readonly system: string;
  readonly label: string;
  readonly language: Language;
  /** 0 to 100, mean over pictures. */
  readonly score: Estimate;
  readonly probes: readonly { readonly probe: string; readonly score: Estimate }[];
}

export interface ClipScoreEvaluation {
  /** Folder of the CLIP, for readers. */
  readonly clip: string;
  readonly rows: readonly ClipScoreRow[];
}

export interface ClipScoreProgress {
  readonly done: number;
  readonly total: number;
}

/** 100 * max(cos, 0). */
export function clipScore(picture: Float32Array, text: Float32Array): number {
  return 100 * Math.max(0, cosineOf(picture, text));
}

/** Scores every picture, yielding after each; and tells of each system that drew any. */
export async function* evaluateClipScore(
  clip: Clip,
  pictures: readonly JudgedPicture[],
  systems: readonly Pick<System, 'name' | 'label' | 'language'>[],
): AsyncGenerator<ClipScoreProgress, ClipScoreEvaluation, undefined> {
  const texts = new Map<string, Float32Array>();
  const scores: number[] = [];
  for (const { en, picture } of pictures) {
    const text = texts.get(en) ?? (await clip.readText(en));
    texts.set(en, text);
    scores.push(clipScore(await clip.readPicture(picture), text));
    yield { done: scores.length, total: pictures.length };
  }
  const rows = systems.flatMap(({ name: system, label, language }): ClipScoreRow[] => {
    const own = pictures.flatMap((one, i) =>
      one.system === system ? [{ probe: one.probe, score: scores[i] as number }] : [],
    );
    if (own.length === 0) return [];
    const mean = (some: typeof own) => bootstrapMean(some.map(({ score }) => score));
    const probes = [...new Set(own.map(({ probe }) => probe))].map((probe) => {
      return { probe, score: mean(own.filter((one) => one.probe === probe)) };
    });
    return [{ system, label, language, score: mean(own), probes }];
  });
  return { clip: clip.folder, rows };
}
