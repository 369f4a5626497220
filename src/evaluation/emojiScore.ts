/**
 * Does a picture show the emoji that was asked for, on the background that was asked for? As numbers, without a model.
 *
 * The object is recognised by retrieval: the picture is compared with the real drawings of all emoji. The background is
 * recognised by its colour. Both as in the scores of models/emoji-sd/README.md.
 */
import { InputError } from '../errors.ts';
import { type Color, crop, flatten, type Image } from '../pictures/image.ts';
import { resize } from '../pictures/resize.ts';
import type { EmojiWorld, Scene } from './emojiWorld.ts';

export interface PictureScore {
  /** Place of the asked emoji among all, 1 is best. Emoji that are equally near count as nearer. */
  readonly rank: number;
  /** Hexcode of the nearest emoji. */
  readonly nearest: string;
  /** Name of the background that the corners show. */
  readonly background: string;
  readonly backgroundRight: boolean;
}

export interface EmojiScorer {
  /**
   * Scores a picture [side, side] that should show `scene`, which has one emoji.
   * Throws InputError for a picture of another size, a pair, and names that are not in the world.
   */
  score(picture: Image, scene: Scene): PictureScore;
}

/** Pictures are compared at this size: what is where counts, not how sharp an edge is. */
const comparedSide = 16;

/**
 * Side of the squares in the corners that show the background. A large emoji leaves a margin of 3 pixels, so that even
 * one that fills its square covers only 9 of the 36 pixels, and the median is background.
 */
const cornerSide = 6;

/** A scorer that draws all emoji on a background once, when it is first asked for. */
export function createEmojiScorer(world: EmojiWorld): EmojiScorer {
  const drawn = new Map<string, readonly Uint8Array[]>();

  /** The emoji of the world, in order, as the scene would show each. */
  function candidates({ style, background, size }: Scene): readonly Uint8Array[] {
    const key = `${style}:${background}:${size}`;
    const kept = drawn.get(key);
    if (kept) return kept;
    const all = world.emoji.map(({ hexcode }) =>
      thumbnail(world.draw({ style, background, size, objects: [hexcode] })),
    );
    drawn.set(key, all);
    return all;
  }

  return {
    score(picture, scene) {
      const asked = askedEmoji(world, scene);
      checkSize(picture, world.side);
      const rgb = flatten(picture);
      const { rank, nearest } = rankOf(thumbnail(rgb), candidates(scene), asked);
      const background = nearestColor(cornerColor(rgb), world.backgrounds);
      return {
        rank,
        nearest: world.emoji[nearest]!.hexcode,
        background,
        backgroundRight: background === scene.background,
      };
    },
  };
}

/** Place of the scene's emoji in the world's list. */
function askedEmoji(world: EmojiWorld, { size, objects }: Scene): number {
  const [hexcode] = objects;
  if (size === 'pair' || objects.length !== 1 || hexcode === undefined) {
    throw new InputError(
      `A scene of size ${size} with ${objects.length} emoji has no score: it is about one emoji.`,
      'Ask for one emoji, large or small.',
    );
  }
  return world.emoji.indexOf(world.find(hexcode));
}

function checkSize({ width, height }: Image, side: number): void {
  if (width === side && height === side) return;
  throw new InputError(
    `A picture of ${width}x${height} pixels cannot be compared with the emoji world, which is ${side}x${side}.`,
    `Generate pictures of ${side}x${side} pixels.`,
  );
}

/** The means of 4x4 pixels, in bytes. */
function thumbnail(picture: Image): Uint8Array {
  return new Uint8Array(resize(picture, comparedSide, comparedSide, 'box').data);
}

/** Where `asked` stands among the candidates by squared distance to `picture`, and which is nearest. */
function rankOf(picture: Uint8Array, candidates: readonly Uint8Array[], asked: number) {
  const limit = squaredDistance(picture, candidates[asked]!, Number.POSITIVE_INFINITY);
  let rank = 1;
  let nearest = asked;
  let least = limit;
  for (const [i, candidate] of candidates.entries()) {
    if (i === asked) continue;
    const distance = squaredDistance(picture, candidate, limit);
    if (distance <= limit) rank++;
    if (distance < least) {
      least = distance;
      nearest = i;
    }
  }
  return { rank, nearest };
}

/** The sum of squared differences; something above `limit` as soon as it is more than that. */
function squaredDistance(a: Uint8Array, b: Uint8Array, limit: number): number {
  let sum = 0;
  for (let i = 0; i < a.length && sum <= limit; i++) sum += (a[i]! - b[i]!) ** 2;
  return sum;
}

/** For each channel, the median over the four corners. */
function cornerColor(picture: Image): Color {
  const far = [picture.width - cornerSide, picture.height - cornerSide] as const;
  const corners = [0, far[1]].flatMap((y) =>
    [0, far[0]].map((x) => crop(picture, { x, y, width: cornerSide, height: cornerSide }).data),
  );
  const median = (channel: number) => {
    const values = corners.flatMap((data) => [...data].filter((_, i) => i % 3 === channel));
    return values.sort((a, b) => a - b)[values.length >> 1]!;
  };
  return [median(0), median(1), median(2)];
}

function nearestColor(color: Color, backgrounds: ReadonlyMap<string, Color>): string {
  const distance = (other: Color) => other.reduce((sum, value, i) => sum + (value - color[i]!) ** 2, 0);
  const [name] = [...backgrounds].reduce((best, next) =>
    distance(next[1]) < distance(best[1]) ? next : best,
  );
  return name;
}
