import { beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { solid } from '../pictures/image.ts';
import { createEmojiScorer, type EmojiScorer } from './emojiScore.ts';
import { type EmojiWorld, openEmojiWorld, type Scene } from './emojiWorld.ts';

const apple = '1f34e';
const penguin = '1f427';
let world: EmojiWorld;
let scorer: EmojiScorer;

beforeAll(async () => {
  world = await openEmojiWorld('models/emoji-sd');
  scorer = createEmojiScorer(world);
});

const scene = (object: string, background = 'white', change: Partial<Scene> = {}): Scene => {
  return { style: 'noto', size: 'large', background, objects: [object], ...change };
};

describe('the score of a real drawing', () => {
  it('recognises every emoji on every background', { timeout: 300_000 }, () => {
    const wrong = [...world.backgrounds.keys()].flatMap((background) =>
      world.emoji
        .map(({ hexcode }) => scene(hexcode, background))
        .filter((asked) => {
          const { rank, nearest, backgroundRight } = scorer.score(world.draw(asked), asked);
          return rank !== 1 || nearest !== asked.objects[0] || !backgroundRight;
        }),
    );
    expect(wrong).toEqual([]);
  });

  it.each<Partial<Scene>>([{ style: 'twemoji' }, { size: 'small' }])('holds with %o', (change) => {
    for (const { hexcode } of world.emoji.slice(0, 60)) {
      const asked = scene(hexcode, 'green', change);
      expect(scorer.score(world.draw(asked), asked)).toMatchObject({ rank: 1, backgroundRight: true });
    }
  });
});

describe('the score of a wrong picture', () => {
  it('names the background that the picture has', () => {
    for (const drawn of world.backgrounds.keys()) {
      for (const asked of world.backgrounds.keys()) {
        const { background, backgroundRight } = scorer.score(
          world.draw(scene(apple, drawn)),
          scene(apple, asked),
        );
        expect({ background, backgroundRight }).toEqual({
          background: drawn,
          backgroundRight: drawn === asked,
        });
      }
    }
  });

  it('names the emoji that the picture has, and ranks the asked one behind it', () => {
    const { rank, nearest, backgroundRight } = scorer.score(world.draw(scene(penguin)), scene(apple));
    expect(nearest).toBe(penguin);
    expect(rank).toBeGreaterThan(1);
    expect(backgroundRight).toBe(true);
  });

  it('ranks no more than one emoji first in one picture', () => {
    const empty = solid(64, 64, [255, 255, 255]);
    const first = world.emoji.filter(({ hexcode }) => scorer.score(empty, scene(hexcode)).rank === 1);
    expect(first).toHaveLength(1);
  });
});

it.each<[number, Scene, string]>([
  [32, scene(apple), '32x32 pixels cannot be compared'],
  [64, scene('beef'), 'no emoji beef'],
  [64, scene(apple, 'teal'), 'no background "teal"'],
  [
    64,
    scene(apple, 'white', { size: 'pair', objects: [apple, penguin] }),
    'size pair with 2 emoji has no score',
  ],
])('refuses what cannot be scored: %#', (side, asked, message) => {
  const score = () => scorer.score(solid(side, side, [0, 0, 0]), asked);
  expect(score).toThrow(InputError);
  expect(score).toThrow(message);
});
