import { beforeAll, expect, test } from 'vitest';
import { drawableItems, isDrawable } from './drawable.ts';
import { type EmojiWorld, openEmojiWorld } from './emojiWorld.ts';
import { type PromptSuite, readSuite } from './suite.ts';

let world: EmojiWorld;

beforeAll(async () => {
  world = await openEmojiWorld('models/emoji-sd');
});

test('every object and background of the Korean suite is in the emoji world, and its items can be drawn', async () => {
  const suite = (await readSuite('suites/korean.yaml')) as PromptSuite;
  const items = drawableItems(world, suite);
  expect(items).toHaveLength(suite.prompts.filter(({ object }) => object !== undefined).length);
  expect(items[0]).toMatchObject({ set: 'plain', ko: '파란색 배경의 빨간 사과', background: 'blue' });
  for (const { object } of items) expect(world.find(object).hexcode).toBe(object);
  expect(new Set(suite.prompts.map(({ probe }) => probe))).toEqual(new Set(Object.keys(suite.probes!)));
});

test('a suite of photographs has nothing to recognise', async () => {
  const suite = (await readSuite('suites/original.yaml')) as PromptSuite;
  expect(isDrawable(suite)).toBe(false);
  expect(drawableItems(world, suite)).toEqual([]);
});

test.each([
  [{ object: 'unicorn car', background: 'blue' }, 'no emoji "unicorn car"'],
  [{ object: 'red apple', background: 'plaid' }, 'no background "plaid"'],
])('a suite that asks for %j is refused', (asked, message) => {
  const prompt = { ko: '사과', en: 'apple', probe: 'plain', ...asked };
  const suite: PromptSuite = { name: 'mine', title: { ko: '내 것', en: 'mine' }, prompts: [prompt] };
  expect(() => drawableItems(world, suite)).toThrow(message);
});
