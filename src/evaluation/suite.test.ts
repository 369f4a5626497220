import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEmojiWorld } from './emojiWorld.ts';
import { type PromptSuite, probesOf, readSuite } from './suite.ts';

async function written(text: string): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'ksd-suite-')), 'mine.yaml');
  await writeFile(path, text);
  return path;
}

test('every suite of the package can be read, and names emoji and backgrounds that there are', async () => {
  const world = await openEmojiWorld('models/emoji-sd');
  const names = new Map(world.emoji.map((emoji) => [emoji.en, emoji]));
  for (const file of await readdir('suites')) {
    const suite = await readSuite(join('suites', file));
    expect(`${suite.name}.yaml`).toBe(file);
    if (!('prompts' in suite)) continue;
    for (const { object, background, ko } of suite.prompts) {
      if (object === undefined) continue;
      const emoji = names.get(object);
      expect(emoji?.tier, ko).toBe('focus');
      expect([...world.backgrounds.keys()], ko).toContain(background);
      // A probe asks for one thing: that the combination was never drawn is another.
      expect(emoji?.held_out_background, ko).not.toBe(background);
    }
  }
});

test('Korean is probed in many ways, each several times', async () => {
  const suite = (await readSuite('suites/korean.yaml')) as PromptSuite;
  for (const probe of probesOf(suite)) {
    expect(suite.prompts.filter((prompt) => prompt.probe === probe).length, probe).toBeGreaterThanOrEqual(4);
  }
});

const valid =
  'name: mine\ntitle: { ko: 나의 것, en: mine }\nprompts:\n  - { ko: 사과, en: apple, probe: plain }\n';

test.each([
  ['prompts: [', /is no suite of prompts/],
  [valid.replace('apple', "''"), /prompts\.0\.en/],
  [valid.replace('probe: plain', 'prob: plain'), /prompts\.0/],
  [valid.replace('name: mine', 'name: a/b'), /name: must be letters/],
  ['name: a\ntitle: { ko: 가, en: a }\ncaptions: { train: a }\n', /captions\.heldOut/],
  [`${valid}  - { ko: 사과, en: an apple, probe: plain }\n`, /prompts\.1: "사과" stands there twice/],
])('%j is a clear error', async (text, message) => {
  await expect(readSuite(await written(text))).rejects.toThrow(message);
});

test('a file that is not there is named', async () => {
  await expect(readSuite('no/such.yaml')).rejects.toThrow(/no\/such\.yaml/);
});
