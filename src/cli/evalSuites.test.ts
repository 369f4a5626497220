import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { openEmojiWorld } from '../evaluation/emojiWorld.ts';
import { chooseSuites } from './evalSuites.ts';

test('of several suites, those without the chosen sets are left out, and written ones stay', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ksd-suites-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const captions = resolve('models/emoji-sd/captions');
  const mine = join(folder, 'mine.yaml');
  await writeFile(
    mine,
    stringify({
      name: 'mine',
      title: { ko: '내 것', en: 'mine' },
      captions: { train: join(captions, 'train.jsonl'), heldOut: join(captions, 'held_out.jsonl') },
      objects: 2,
      sets: { 'my-white': { from: 'train', kinds: ['white'] } },
    }),
  );
  const world = await openEmojiWorld('models/emoji-sd');
  const named = async (sets: readonly string[]) => {
    const suites = await chooseSuites(['emoji', mine, 'original'], world, { sets, count: 2 });
    return suites.map(({ name, prompts }) => [name, prompts.length]);
  };
  expect(await named(['my-white'])).toEqual([
    ['mine', 2],
    ['original', 2],
  ]);
  expect(await named(['my-white', 'seen-color'])).toEqual([
    ['emoji', 2],
    ['mine', 2],
    ['original', 2],
  ]);
});
