/**
 * Stable Diffusion's safety checker (StableDiffusionSafetyChecker of diffusers): tells which pictures lie too near to
 * concepts that their makers did not want drawn. Node only.
 *
 * What becomes of such a picture is its caller's business.
 */
import { loadParameter } from '../checkpoint/bind.ts';
import { openSafetyCheckerFolder } from '../checkpoint/safetyCheckerFolder.ts';
import type { Weights } from '../checkpoint/tensorEntry.ts';
import { ConfigError } from '../errors.ts';
import { createGraph, input } from '../graph/graph.ts';
import { type ClipVisionConfig, clipVisionModel, parseClipVisionConfig } from '../models/clipVision.ts';
import type { Image } from '../pictures/image.ts';
import { compile } from '../runtime/compile.ts';
import type { Runtime, Session } from '../runtime/session.ts';
import { type ImageProcessorConfig, parseImageProcessorConfig, pixelValues } from './imageProcessor.ts';

export interface SafetyChecker {
  /** For each picture, of any size, whether it is flagged. */
  check(images: readonly Image[]): Promise<boolean[]>;
  dispose(): Promise<void>;
}

/** Directions in CLIP's space, and how near a picture may come to each. */
export interface Concepts {
  readonly embeds: readonly Float32Array[];
  /** Cosines, one for each of `embeds`. */
  readonly thresholds: ArrayLike<number>;
}

export interface SafetyConcepts {
  readonly concepts: Concepts;
  /** A picture that is near one of these is judged by stricter thresholds. */
  readonly specialCare: Concepts;
}

/** How many of each the checkpoints hold. */
const conceptCount = 17;
const specialCareCount = 3;

/** What being near a special-care concept adds to the scores of all others. */
const specialCareAdjustment = 0.01;

/** Scores count in thousandths: diffusers rounds them to three decimals before it compares them with 0. */
const leastScore = 0.0005;

/**
 * `folder` is a Stable Diffusion folder with `safety_checker/` and `feature_extractor/`, or the former of these. Throws
 * CheckpointError for a file or tensor that is missing or has another shape, ConfigError for a config that does not fit.
 */
export async function openSafetyChecker(runtime: Runtime, folder: string): Promise<SafetyChecker> {
  const { model, preprocessor, weights } = await openSafetyCheckerFolder(folder);
  const config = parseClipVisionConfig(model.json, model.path);
  const processor = parseImageProcessorConfig(preprocessor.json, preprocessor.path);
  checkSides(config, processor, preprocessor.path);
  const known = await readConcepts(weights, config.projectionDim);
  const session = await openVision(runtime, config, weights);
  return {
    async check(images) {
      const flagged: boolean[] = [];
      for (const image of images) {
        const result = await session.run({ pixels: pixelValues(image, processor) });
        flagged.push(isFlagged(result['embeds']!.data as Float32Array, known));
      }
      return flagged;
    },
    dispose: () => session.dispose(),
  };
}

/** Whether a picture with these `embeds` is too near to a concept. */
export function isFlagged(embeds: Float32Array, { concepts, specialCare }: SafetyConcepts): boolean {
  const adjustment = anyNear(embeds, specialCare, 0) ? specialCareAdjustment : 0;
  return anyNear(embeds, concepts, adjustment);
}

/** By more than what would be rounded to nothing. */
function anyNear(
  embeds: Float32Array,
  { embeds: others, thresholds }: Concepts,
  adjustment: number,
): boolean {
  return others.some((other, i) => cosine(embeds, other) - thresholds[i]! + adjustment > leastScore);
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(a, b) / Math.max(Math.sqrt(dot(a, a) * dot(b, b)), 1e-24);
}

function checkSides(
  { imageSize, numChannels }: ClipVisionConfig,
  { crop }: ImageProcessorConfig,
  path: string,
) {
  if (numChannels === 3 && crop.width === imageSize && crop.height === imageSize) return;
  throw new ConfigError(
    `${path} makes pictures of ${crop.width}x${crop.height} pixels in 3 channels, but the safety checker reads ` +
      `${imageSize}x${imageSize} in ${numChannels}.`,
    'Use the feature_extractor of the same model.',
  );
}

async function readConcepts(weights: Weights, projectionDim: number): Promise<SafetyConcepts> {
  const read = async (name: string, count: number): Promise<Concepts> => {
    const embeds = await loadParameter(weights, name, [count, projectionDim]);
    const rows = Array.from({ length: count }, (_, i) =>
      embeds.subarray(i * projectionDim, (i + 1) * projectionDim),
    );
    return { embeds: rows, thresholds: await loadParameter(weights, `${name}_weights`, [count]) };
  };
  return {
    concepts: await read('concept_embeds', conceptCount),
    specialCare: await read('special_care_embeds', specialCareCount),
  };
}

function openVision(runtime: Runtime, config: ClipVisionConfig, weights: Weights): Promise<Session> {
  const graph = createGraph();
  const { numChannels, imageSize } = config;
  const pixels = input(graph, 'pixels', 'float32', [1, numChannels, imageSize, imageSize]);
  return compile(runtime, graph, { embeds: clipVisionModel(graph, config, pixels).imageEmbeds }, weights);
}
