/**
 * The prompts of a suite of captions (suites/emoji.yaml): for each everyday object one prompt a set, in English and Korean,
 * drawn from the captions by a seed.
 */
import { InputError } from '../errors.ts';
import { type RandomStream, randomStream, shuffle } from '../random/stream.ts';
import type { Caption, Captions } from './emojiCaptions.ts';
import type { Emoji } from './emojiIndex.ts';
import { fillTemplate, isPlain, templateOf, type Wording } from './emojiWording.ts';
import type { EmojiWorld, Scene } from './emojiWorld.ts';
import type { CaptionSet, CaptionSuite } from './suite.ts';

export interface SuiteItem {
  /** A set, or what a prompt of another suite probes. */
  readonly set: string;
  readonly en: string;
  readonly ko: string;
  /** Hexcode. */
  readonly object: string;
  readonly background: string;
}

export interface SuiteOptions {
  /** Which objects come first, and which of an object's captions is taken. 0 by default. */
  readonly seed?: number;
  /** All by default. */
  readonly sets?: readonly string[];
  /** How many objects to ask for; all everyday objects by default. */
  readonly objects?: number;
}

/** The scene that an item asks for: one large emoji in the style that captions mean when they name none. */
export function sceneOf({ object, background }: SuiteItem): Scene {
  return { style: 'noto', size: 'large', background, objects: [object] };
}

/**
 * The items, set by set and each set in the same order of objects. The same arguments give the same items on every
 * machine. Throws InputError for a number of objects that the world does not have, and a set that the suite does not have.
 */
export function emojiSuite(
  world: EmojiWorld,
  captions: Captions,
  of: CaptionSuite['sets'],
  options: SuiteOptions = {},
): SuiteItem[] {
  const { seed = 0, sets = Object.keys(of) } = options;
  const focus = world.emoji.filter(({ tier }) => tier === 'focus');
  const { objects = focus.length } = options;
  if (!(Number.isInteger(objects) && objects >= 1 && objects <= focus.length)) {
    throw new InputError(
      `There are ${focus.length} everyday objects, not ${objects}.`,
      `Ask for 1 to ${focus.length}.`,
    );
  }
  const chosen = [...shuffle(focus.length, seed, 0)].slice(0, objects).map((place) => focus[place]!);
  return sets.flatMap((set) => {
    const choices = choicesOf(world, captions, knownSet(of, set));
    return chosen.flatMap((emoji) => {
      const from = choices(emoji);
      // A stream for each item, so that other sets or more objects change none of the prompts.
      const caption = choose(from, emoji, randomStream(seed, `${set} ${emoji.hexcode}`));
      if (caption === undefined) return [];
      const { en, ko, background } = caption;
      return [{ set, en, ko, object: emoji.hexcode, background }];
    });
  });
}

function knownSet(of: CaptionSuite['sets'], set: string): CaptionSet {
  const found = of[set];
  if (found) return found;
  throw new InputError(`There is no set ${set}.`, `Use some of ${Object.keys(of).join(', ')}.`);
}

/** The wordings among which the item of an emoji is chosen. */
function choicesOf(
  world: EmojiWorld,
  captions: Captions,
  { from, kinds, reworded }: CaptionSet,
): (emoji: Emoji) => readonly Wording[] {
  const rows = byObject(captions[from]);
  const ofKinds = (some: readonly Caption[]) => some.filter(({ kind }) => kinds.includes(kind));
  if (!reworded) return ({ hexcode }) => ofKinds(rows.get(hexcode) ?? []);
  const trained = new Set(captions.train.flatMap(({ en, ko }) => [en, ko]));
  const templates = [...rows].flatMap(([hexcode, own]) =>
    ofKinds(own).flatMap((row) => templateOf(row, world.find(hexcode)) ?? []),
  );
  return (emoji) =>
    templates
      .filter(({ background }) => background !== emoji.held_out_background)
      .flatMap((template) => fillTemplate(template, emoji) ?? [])
      .filter(({ en, ko }) => !trained.has(en) && !trained.has(ko));
}

/** The captions about one large emoji, in the style that is meant where none is named, by its hexcode. */
function byObject(captions: readonly Caption[]): Map<string, Caption[]> {
  const groups = new Map<string, Caption[]>();
  for (const caption of captions) {
    const { style, size, objects } = caption;
    if (style !== 'noto' || size !== 'large' || objects.length !== 1) continue;
    const hexcode = objects[0]!;
    const group = groups.get(hexcode);
    if (group) group.push(caption);
    else groups.set(hexcode, [caption]);
  }
  return groups;
}

/** One of the plain captions; where there is none, the shortest. */
function choose(rows: readonly Wording[], emoji: Emoji, stream: RandomStream): Wording | undefined {
  const plain = rows.filter((row) => isPlain(row, emoji));
  if (plain.length > 0) return plain[stream.below(plain.length)];
  return [...rows].sort((a, b) => a.en.length - b.en.length)[0];
}
