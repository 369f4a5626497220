import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { type Captions, readCaptions } from './emojiCaptions.ts';
import { emojiSuite as drawSuite, type SuiteItem, type SuiteOptions } from './emojiSuite.ts';
import { fillTemplate, isPlain, templateOf } from './emojiWording.ts';
import { type EmojiWorld, openEmojiWorld } from './emojiWorld.ts';
import { type CaptionSuite, readSuite } from './suite.ts';

let world: EmojiWorld;
let captions: Captions;
let sets: CaptionSuite['sets'];

const emojiSuite = (options?: SuiteOptions) => drawSuite(world, captions, sets, options);

beforeAll(async () => {
  world = await openEmojiWorld('models/emoji-sd');
  captions = await readCaptions('models/emoji-sd');
  ({ sets } = (await readSuite('suites/emoji.yaml')) as CaptionSuite);
});

describe('the suite', () => {
  it('asks for each everyday object once in every set', () => {
    const items = emojiSuite();
    for (const set of Object.keys(sets)) {
      const objects = items.filter((item) => item.set === set).map(({ object }) => object);
      expect(new Set(objects).size, set).toBe(51);
      expect(objects, set).toHaveLength(51);
    }
  });

  it('keeps to the backgrounds that each set is about', () => {
    for (const { set, object, background } of emojiSuite({ seed: 3 })) {
      const held = world.find(object).held_out_background;
      if (set === 'seen-white') expect(background).toBe('white');
      else expect(background).not.toBe('white');
      expect(background === held, `${set} ${object}`).toBe(set === 'held-out-color');
    }
  });

  it('takes seen prompts from the training captions, and the others are in none of them', () => {
    const trained = new Set(captions.train.flatMap(({ en, ko }) => [en, ko]));
    for (const { set, en, ko } of emojiSuite({ seed: 4 })) {
      const seen = set.startsWith('seen');
      expect([trained.has(en), trained.has(ko)], `${set}: ${en} / ${ko}`).toEqual([seen, seen]);
    }
  });

  it('asks in plain words but where held-out captions have none', () => {
    const items = emojiSuite().filter(({ set }) => set !== 'held-out-color');
    expect(items.filter((item) => !isPlain(item, world.find(item.object)))).toEqual([]);
  });

  it('is the same for the same seed, and another for another', () => {
    expect(emojiSuite({ seed: 1 })).toEqual(emojiSuite({ seed: 1 }));
    expect(emojiSuite({ seed: 1 })).not.toEqual(emojiSuite({ seed: 2 }));
  });

  it('asks what the packaged results were measured on', async () => {
    const { pictures } = JSON.parse(await readFile('docs/results/eval.json', 'utf8'));
    const asked = pictures.filter(({ system }: { system: string }) => system === 'emoji-sd en');
    const items = emojiSuite({ sets: ['seen-color', 'held-out-color'] });
    const prompts = (some: readonly SuiteItem[]) =>
      some.map(({ set, en, ko, object }) => ({ set, en, ko, object }));
    expect(prompts(asked)).toEqual(prompts(items));
  });

  it('refuses a set that the suite does not have', () => {
    expect(() => emojiSuite({ sets: ['seen-mauve'] })).toThrow('no set seen-mauve');
  });

  it('asks fewer objects, or fewer sets, without changing their prompts', () => {
    const all = emojiSuite({ seed: 5 });
    const some = emojiSuite({ seed: 5, objects: 7, sets: ['held-out-color', 'seen-white'] });
    expect(some).toHaveLength(14);
    expect(all).toEqual(expect.arrayContaining(some));
  });

  it.each([0, 52, 1.5])('refuses %d objects', (objects) => {
    expect(() => emojiSuite({ objects })).toThrow(InputError);
  });
});

describe('wording', () => {
  const apple = { en: 'red apple', ko: '빨간 사과' };
  const owl = { en: 'owl', ko: '부엉이' };
  const bus = { en: 'bus', ko: '버스' };

  it.each([
    ['red apple', true],
    ['a red apple on a red background', true],
    ['red apple, red background', true],
    ['a small red apple on a red background', false],
    ['a red apple on a blue background', false],
    ['an emoji of a red apple on a red background', false],
  ])('of "%s" is plain: %s', (en, plain) => {
    expect(isPlain({ en, ko: '', background: 'red' }, apple)).toBe(plain);
  });

  const caption = { en: 'a red apple on a red background', ko: '빨간 배경의 빨간 사과', background: 'red' };

  it('carries over to another emoji', () => {
    expect(fillTemplate(templateOf(caption, apple)!, apple)).toEqual(caption);
    expect(fillTemplate(templateOf(caption, apple)!, bus)).toEqual({
      en: 'a bus on a red background',
      ko: '빨간 배경의 버스',
      background: 'red',
    });
  });

  it('does not carry over where grammar would have to change', () => {
    expect(fillTemplate(templateOf(caption, apple)!, owl)).toBeUndefined();
    expect(templateOf({ ...caption, ko: '빨간 사과는 빨간색 배경에 있다' }, apple)).toBeUndefined();
  });
});
