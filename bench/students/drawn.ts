/**
 * What the U-Net makes of a student, as `ksd eval` measures it: the part of the condition that is left, and pictures of
 * every everyday object on a colour.
 */
import type { TextEncoder } from '../../src/encoders/textEncoder.ts';
import { readCaptionFiles } from '../../src/evaluation/emojiCaptions.ts';
import { emojiSuite } from '../../src/evaluation/emojiSuite.ts';
import { openEmojiWorld } from '../../src/evaluation/emojiWorld.ts';
import { evaluateConditioning } from '../../src/evaluation/evaluateConditioning.ts';
import { defaultSystems, evaluatePictures } from '../../src/evaluation/evaluatePictures.ts';
import { type CaptionSuite, readSuite } from '../../src/evaluation/suite.ts';
import { finish } from '../../src/generation/finish.ts';
import type { Pipeline } from '../../src/generation/pipeline.ts';

const world = 'models/emoji-sd';
/** As models/emoji-sd/README.md draws. */
const settings = { steps: 25, guidance: 5 };

export interface Drawn {
  /** Part of the condition that is left. */
  readonly left: { readonly en: number; readonly ko: number };
  /** Korean prompts that were drawn right, of all. */
  readonly right: number;
  readonly prompts: number;
}

/** `objects`: how many are asked for; all 51 by default. */
export async function drawnOf(pipeline: Pipeline, student: TextEncoder, objects?: number): Promise<Drawn> {
  const emoji = await openEmojiWorld(world);
  const { captions, sets } = (await readSuite('suites/emoji.yaml')) as CaptionSuite;
  const items = emojiSuite(emoji, await readCaptionFiles(captions), sets, {
    sets: ['seen-color'],
    ...(objects === undefined ? {} : { objects }),
  });
  const systems = defaultSystems(await pipeline.textEncoder(), [student]).slice(2);
  const prompts = items.map(({ ko, en, set }) => ({ ko, en, probe: set }));
  const conditioning = await finish(evaluateConditioning(pipeline, prompts, systems, settings), () => {});
  const leftIn = (language: string) =>
    conditioning.rows.find((row) => row.language === language)!.recovered.mean;
  const korean = systems.filter(({ language }) => language === 'ko');
  const { rows } = await finish(evaluatePictures(pipeline, emoji, items, korean, settings), () => {});
  const { right, n } = rows[0]!.both;
  return { left: { en: leftIn('en'), ko: leftIn('ko') }, right, prompts: n };
}
