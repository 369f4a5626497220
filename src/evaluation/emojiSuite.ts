/**
 * The prompts of the emoji evaluation: for each everyday object one prompt a set, in English and Korean, drawn from the
 * captions by a seed.
 *
 * What each set asks, of the picture model and of a student alike, as far as both learnt from train.jsonl only:
 * - `seen-white`, `seen-color`: has it learnt? Both languages of these captions may have been trained on.
 * - `new-wording`: the object was trained on this background, but neither sentence was: they are put together from
 *   other captions. (Objects for which no new sentence can be made are left out.)
 * - `held-out-color`: does it generalise? The object was never trained on this background, in either language.
 */
import { InputError } from '../errors.ts';
import { type RandomStream, randomStream, shuffle } from '../random/stream.ts';
import type { Caption, Captions } from './emojiCaptions.ts';
import type { Emoji } from './emojiIndex.ts';
import { fillTemplate, isPlain, templateOf, type Wording } from './emojiWording.ts';
import type { EmojiWorld, Scene } from './emojiWorld.ts';

export const suiteSets = ['seen-white', 'seen-color', 'new-wording', 'held-out-color'] as const;

export type SuiteSet = (typeof suiteSets)[number];

/** What readers call the sets. */
export const setTitles: Readonly<Record<string, { readonly ko: string; readonly en: string }>> = {
  'seen-white': { ko: '배운 조합, 흰 배경', en: 'seen, on white' },
  'seen-color': { ko: '배운 조합, 색 배경', en: 'seen, on a colour' },
  'new-wording': { ko: '처음 보는 문장', en: 'new wording' },
  'held-out-color': { ko: '처음 보는 조합', en: 'unseen combination' },
};

export interface SuiteItem {
  /** One of the sets above, or what a prompt of another suite probes. */
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
  readonly sets?: readonly SuiteSet[];
  /** How many objects to ask for; all everyday objects by default. */
  readonly objects?: number;
}

/** The scene that an item asks for: one large emoji in the style that captions mean when they name none. */
export function sceneOf({ object, background }: SuiteItem): Scene {
  return { style: 'noto', size: 'large', background, objects: [object] };
}

/**
 * The items, set by set and each set in the same order of objects. The same arguments give the same items on every
 * machine. Throws InputError for a number of objects that the world does not have.
 */
export function emojiSuite(world: EmojiWorld, captions: Captions, options: SuiteOptions = {}): SuiteItem[] {
  const { seed = 0, sets = suiteSets } = options;
  const focus = world.emoji.filter(({ tier }) => tier === 'focus');
  const { objects = focus.length } = options;
  if (!(Number.isInteger(objects) && objects >= 1 && objects <= focus.length)) {
    throw new InputError(
      `There are ${focus.length} everyday objects, not ${objects}.`,
      `Ask for 1 to ${focus.length}.`,
    );
  }
  const chosen = [...shuffle(focus.length, seed, 0)].slice(0, objects).map((place) => focus[place]!);
  const choices = choicesOf(world, captions);
  return sets.flatMap((set) =>
    chosen.flatMap((emoji) => {
      const from = choices[set](emoji);
      // A stream for each item, so that other sets or more objects change none of the prompts.
      const caption = choose(from, emoji, randomStream(seed, `${set} ${emoji.hexcode}`));
      if (caption === undefined) return [];
      const { en, ko, background } = caption;
      return [{ set, en, ko, object: emoji.hexcode, background }];
    }),
  );
}

type Choices = Readonly<Record<SuiteSet, (emoji: Emoji) => readonly Wording[]>>;

/** The captions among which the item of an emoji is chosen. */
function choicesOf(world: EmojiWorld, { train, heldOut }: Captions): Choices {
  const trained = new Set(train.flatMap(({ en, ko }) => [en, ko]));
  const seen = byObject(train);
  const held = byObject(heldOut);
  const templates = [...seen].flatMap(([hexcode, rows]) => {
    const colored = rows.filter(({ kind }) => kind === 'color');
    return colored.flatMap((row) => templateOf(row, world.find(hexcode)) ?? []);
  });
  const ofKind = (rows: readonly Caption[] | undefined, ...kinds: string[]) =>
    rows?.filter(({ kind }) => kinds.includes(kind)) ?? [];
  return {
    'seen-white': ({ hexcode }) => ofKind(seen.get(hexcode), 'label', 'white'),
    'seen-color': ({ hexcode }) => ofKind(seen.get(hexcode), 'color'),
    'held-out-color': ({ hexcode }) => ofKind(held.get(hexcode), 'held_background'),
    'new-wording': (emoji) =>
      templates
        .filter(({ background }) => background !== emoji.held_out_background)
        .flatMap((template) => fillTemplate(template, emoji) ?? [])
        .filter(({ en, ko }) => !trained.has(en) && !trained.has(ko)),
  };
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
