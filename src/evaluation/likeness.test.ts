import { expect, test } from 'vitest';
import { solid } from '../pictures/image.ts';
import type { SuiteItem } from './emojiSuite.ts';
import type { EvaluatedPicture } from './evaluatePictures.ts';
import { likeness } from './likeness.ts';

const items = ['가', '나'].map((ko): SuiteItem => ({ set: 's', ko, en: ko, object: 'x', background: 'red' }));

/** A picture of one grey. */
const drawn = (system: string, at: number, grey: number): EvaluatedPicture => ({
  system,
  item: items[at]!,
  seed: at,
  picture: solid(4, 4, [grey, grey, grey]),
  score: { rank: 1, nearest: 'x', background: 'red', backgroundRight: true },
});

test('pictures of the same item are compared, and those of two items tell what is chance', () => {
  const pictures = [
    ...[drawn('goal', 0, 0), drawn('goal', 1, 255)],
    ...[drawn('same', 0, 0), drawn('same', 1, 255)],
    ...[drawn('half', 0, 127.5), drawn('half', 1, 255)],
  ];
  const result = likeness(pictures, 'goal')!;
  expect(result.chance).toBe(1);
  const [same, half] = result.rows;
  expect(result.rows.map(({ system }) => system)).toEqual(['same', 'half']);
  expect(same!.distance).toMatchObject({ mean: 0, low: 0, high: 0, n: 2 });
  expect(half!.distance.mean).toBeCloseTo((127 / 255) ** 2 / 2, 6);
});

test('one picture, or none to compare with, says nothing', () => {
  expect(likeness([drawn('goal', 0, 0), drawn('other', 0, 0)], 'goal')).toBeUndefined();
  expect(likeness([drawn('other', 0, 0), drawn('other', 1, 0)], 'goal')).toBeUndefined();
});
