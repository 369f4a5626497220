import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { CheckpointError, InputError } from '../errors.ts';
import { crop, paste, solid } from '../pictures/image.ts';
import { decodePng } from '../pictures/png.ts';
import { resize } from '../pictures/resize.ts';
import { type EmojiWorld, openEmojiWorld, type Scene } from './emojiWorld.ts';

const folder = 'models/emoji-sd';
const apple = '1f34e';
const penguin = '1f427';
let world: EmojiWorld;

beforeAll(async () => {
  world = await openEmojiWorld(folder);
});

/** A cell of a sheet, resized: by hand what the world does. */
function cutOut(hexcode: string, size: number) {
  const sheet = decodePng(readFileSync(`${folder}/pictures/noto.png`)).image;
  const { row, column } = world.find(hexcode);
  return resize(crop(sheet, { x: column * 64, y: row * 64, width: 64, height: 64 }), size, size);
}

describe('the emoji world', () => {
  it('knows 836 emoji, 51 of them everyday objects, and ten backgrounds', () => {
    expect(world.emoji).toHaveLength(836);
    expect(world.emoji.filter(({ tier }) => tier === 'focus')).toHaveLength(51);
    expect(world.backgrounds.size).toBe(10);
    expect(world.find(apple)).toMatchObject({
      en: 'red apple',
      ko: '빨간 사과',
      held_out_background: 'gray',
    });
  });

  it.each([
    ['large', 58, 3],
    ['small', 32, 16],
  ] as const)('draws a %s emoji of %i pixels in the middle', (size, pixels, corner) => {
    const picture = world.draw({ style: 'noto', background: 'blue', size, objects: [apple] });
    expect(picture).toEqual(paste(solid(64, 64, [45, 95, 225]), cutOut(apple, pixels), corner, corner));
  });

  it('draws two emoji of 31 pixels side by side', () => {
    const picture = world.draw({
      style: 'noto',
      background: 'pink',
      size: 'pair',
      objects: [apple, penguin],
    });
    const left = paste(solid(64, 64, [250, 160, 200]), cutOut(apple, 31), 1, 16);
    expect(picture).toEqual(paste(left, cutOut(penguin, 31), 32, 16));
  });

  it('draws another picture in twemoji style', () => {
    const scene = { background: 'white', size: 'large', objects: [apple] } as const;
    const [noto, twemoji] = (['noto', 'twemoji'] as const).map((style) => world.draw({ ...scene, style }));
    expect(noto).not.toEqual(twemoji);
  });

  it.each<[Partial<Scene>, string]>([
    [{ objects: ['beef'] }, 'no emoji beef'],
    [{ background: 'teal' }, 'no background "teal"'],
    [{ objects: [apple, penguin] }, 'size large has 1 emoji, but 2'],
    [{ size: 'pair' }, 'size pair has 2 emoji, but 1'],
  ])('refuses a scene that cannot be drawn: %o', (change, message) => {
    const scene: Scene = { style: 'noto', background: 'white', size: 'large', objects: [apple], ...change };
    expect(() => world.draw(scene)).toThrow(InputError);
    expect(() => world.draw(scene)).toThrow(message);
  });
});

describe('a damaged folder', () => {
  const index = JSON.parse(readFileSync(`${folder}/pictures/index.json`, 'utf8'));

  async function openDamaged(change: object): Promise<EmojiWorld> {
    const copy = await mkdtemp(join(tmpdir(), 'ksd-world-'));
    try {
      await mkdir(join(copy, 'pictures'));
      await writeFile(join(copy, 'pictures', 'index.json'), JSON.stringify({ ...index, ...change }));
      return await openEmojiWorld(copy);
    } finally {
      await rm(copy, { recursive: true });
    }
  }

  it.each([
    [{ cell: 'large' }, 'index.json: cell: '],
    [{ emoji: [{ ...index.emoji[0], tier: 'best' }] }, 'index.json: emoji.0.tier: '],
    [{ backgrounds: { white: [255, 255, 255] } }, 'held_out_background of 1f600 is "orange"'],
    [{}, 'noto.png does not exist'],
  ])('is refused with the place in it: %#', async (change, message) => {
    const opening = openDamaged(change);
    await expect(opening).rejects.toThrow(CheckpointError);
    await expect(opening).rejects.toThrow(message);
  });
});
