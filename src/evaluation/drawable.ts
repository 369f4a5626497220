/**
 * The prompts of a suite whose pictures can be recognised: those that name an emoji and a background of the emoji world.
 */
import { ConfigError } from '../errors.ts';
import type { SuiteItem } from './emojiSuite.ts';
import type { EmojiWorld } from './emojiWorld.ts';
import type { PromptSuite } from './suite.ts';

/** Whether some prompt of the suite says what a picture of it must show. */
export function isDrawable({ prompts }: Pick<PromptSuite, 'prompts'>): boolean {
  return prompts.some(({ object, background }) => object !== undefined && background !== undefined);
}

/**
 * An item for each prompt that says what its picture must show, in order; its set is what the prompt probes.
 * Throws ConfigError naming an object or a background that is not in the world.
 */
export function drawableItems(world: EmojiWorld, { name, prompts }: PromptSuite): SuiteItem[] {
  const hexcodes = new Map<string, string>();
  for (const { en, hexcode } of world.emoji) if (!hexcodes.has(en)) hexcodes.set(en, hexcode);
  return prompts.flatMap(({ ko, en, probe, object, background }) => {
    if (object === undefined || background === undefined) return [];
    const hexcode = hexcodes.get(object);
    if (hexcode === undefined || !world.backgrounds.has(background)) {
      const what = hexcode === undefined ? `no emoji "${object}"` : `no background "${background}"`;
      throw new ConfigError(
        `The suite ${name} asks "${ko}", but there is ${what} in ${world.folder}.`,
        'Name them as pictures/index.json there does, or leave both out of the prompt.',
      );
    }
    return [{ set: probe, ko, en, object: hexcode, background }];
  });
}
