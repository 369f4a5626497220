/**
 * From what the file of a picture says of how it was made to the request that makes it again.
 *
 * Knows no file: the model, the text encoder, embeddings and pictures that it started from are the caller's to open.
 */
import type { ParsedParameters } from '../pictures/parameters.ts';
import type { GenerationRequest } from './request.ts';

/** Names of further settings; those of AUTOMATIC1111's web UI where it has them. */
export const recordedAs = {
  textEncoder: 'Text encoder',
  strength: 'Denoising strength',
  eta: 'Eta',
  clipSkip: 'Clip skip',
  /** `None`: brackets are literal. */
  emphasis: 'Emphasis',
  longPrompts: 'Long prompts',
} as const;

/** As far as the parameters say it. */
export function requestOf(parameters: ParsedParameters): GenerationRequest {
  const { prompt, negativePrompt, steps, sampler, cfgScale, seed, width, height, extra } = parameters;
  const clipSkip = Number(extra[recordedAs.clipSkip] ?? 1);
  const [strength, eta] = [Number(extra[recordedAs.strength]), Number(extra[recordedAs.eta])];
  return {
    prompt,
    negativePrompt,
    ...(steps === undefined ? {} : { steps }),
    ...(sampler === undefined ? {} : { scheduler: sampler }),
    ...(cfgScale === undefined ? {} : { guidance: cfgScale }),
    ...(seed === undefined ? {} : { seed }),
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    ...(Number.isFinite(strength) ? { strength } : {}),
    ...(Number.isFinite(eta) ? { eta } : {}),
    ...(clipSkip > 1 ? { clipSkip } : {}),
    ...(extra[recordedAs.emphasis] === 'None' ? { promptSyntax: 'plain' as const } : {}),
    ...(extra[recordedAs.longPrompts] === 'cut' ? { longPrompts: 'cut' as const } : {}),
  };
}
