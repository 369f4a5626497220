/**
 * What the text in a picture's file says of how it was made, in the words of the contract.
 */
import { recordedAs } from '../../generation/recipe.ts';
import { parseParameters } from '../../pictures/parameters.ts';
import type { PictureParameters } from '../contract/gallery.ts';

/** `text`: as AUTOMATIC1111 writes it. Never fails: a text of any other kind is a prompt and nothing else. */
export function describeParameters(text: string): PictureParameters {
  const { prompt, negativePrompt, steps, sampler, cfgScale, seed, width, height, model, extra } =
    parseParameters(text);
  const whole = (value: number | undefined) => (Number.isSafeInteger(value) ? value : undefined);
  const number = (name: string) => {
    const value = Number(extra[name] ?? Number.NaN);
    return Number.isFinite(value) ? value : undefined;
  };
  return defined({
    prompt,
    negativePrompt: negativePrompt || undefined,
    model,
    student: extra[recordedAs.textEncoder],
    seed: seed === undefined ? undefined : String(seed),
    steps: whole(steps),
    guidance: cfgScale,
    scheduler: sampler,
    width: whole(width),
    height: whole(height),
    clipSkip: whole(number(recordedAs.clipSkip)),
    strength: number(recordedAs.strength),
    eta: number(recordedAs.eta),
    text,
  });
}

/** Without the fields that are undefined. */
function defined(parameters: Record<string, unknown>): PictureParameters {
  return Object.fromEntries(
    Object.entries(parameters).filter(([, value]) => value !== undefined),
  ) as PictureParameters;
}
