/**
 * The world that the emoji model draws, without the model: the real picture of every scene that its captions name.
 *
 * A scene is a plain background with one emoji in the middle, or two side by side; models/emoji-sd/README.md says how
 * its pictures were drawn, and this draws the same ones. Knows no model and no score.
 */
import { join } from 'node:path';
import { CheckpointError, InputError } from '../errors.ts';
import { type Color, crop, type Image, paste, solid } from '../pictures/image.ts';
import { readPng } from '../pictures/pngFile.ts';
import { resize } from '../pictures/resize.ts';
import { type Emoji, type EmojiIndex, type EmojiStyle, readEmojiIndex } from './emojiIndex.ts';

export type SceneSize = 'large' | 'small' | 'pair';

export interface Scene {
  readonly style: EmojiStyle;
  /** Name of a background colour. */
  readonly background: string;
  readonly size: SceneSize;
  /** Hexcodes from left to right: two for a pair, else one. */
  readonly objects: readonly string[];
}

export interface EmojiWorld {
  /** The folder that it was read from. */
  readonly folder: string;
  /** Width and height of a scene in pixels. */
  readonly side: number;
  readonly backgrounds: ReadonlyMap<string, Color>;
  readonly emoji: readonly Emoji[];
  /** Throws InputError for a hexcode that is not in the world. */
  find(hexcode: string): Emoji;
  /** The colour of a background. Throws InputError for a name that is none. */
  color(background: string): Color;
  /** The real picture [side, side] of a scene, RGB. Throws InputError for a scene that cannot be drawn. */
  draw(scene: Scene): Image;
}

/** Upper left corners of the emoji of a pair. */
const pairCorners = [
  [1, 16],
  [32, 16],
] as const;

/** Opens the folder models/emoji-sd. Throws CheckpointError if its pictures are missing or damaged. */
export async function openEmojiWorld(folder: string): Promise<EmojiWorld> {
  const pictures = join(folder, 'pictures');
  const index = await readEmojiIndex(join(pictures, 'index.json'));
  const sheets = {
    noto: await readSheet(join(pictures, index.sheets.noto), index),
    twemoji: await readSheet(join(pictures, index.sheets.twemoji), index),
  };
  return createWorld(folder, index, sheets);
}

async function readSheet(path: string, { cell, emoji }: EmojiIndex): Promise<Image> {
  const image = await readPng(path);
  const width = Math.max(...emoji.map(({ column }) => column + 1)) * cell;
  const height = Math.max(...emoji.map(({ row }) => row + 1)) * cell;
  if (image.width >= width && image.height >= height) return image;
  throw new CheckpointError(
    `${path} has ${image.width}x${image.height} pixels, but index.json names cells up to ${width}x${height}.`,
    'Restore models/emoji-sd from the repository.',
  );
}

function createWorld(folder: string, index: EmojiIndex, sheets: Record<EmojiStyle, Image>): EmojiWorld {
  const side = index.cell;
  const backgrounds = new Map<string, Color>(Object.entries(index.backgrounds));
  const byHexcode = new Map(index.emoji.map((emoji) => [emoji.hexcode, emoji]));
  const resized = new Map<string, Image>();

  function find(hexcode: string): Emoji {
    const emoji = byHexcode.get(hexcode);
    if (emoji) return emoji;
    throw new InputError(
      `There is no emoji ${hexcode} in ${folder}.`,
      'Use a hexcode of pictures/index.json.',
    );
  }

  function color(background: string): Color {
    const found = backgrounds.get(background);
    if (found) return found;
    throw new InputError(
      `There is no background "${background}" in ${folder}.`,
      `Use one of ${[...backgrounds.keys()].join(', ')}.`,
    );
  }

  /** The emoji alone as RGBA, kept: a score compares a picture with every one of them. */
  function drawing(style: EmojiStyle, hexcode: string, size: number): Image {
    const key = `${style}:${hexcode}:${size}`;
    const kept = resized.get(key);
    if (kept) return kept;
    const { row, column } = find(hexcode);
    const cell = crop(sheets[style], { x: column * side, y: row * side, width: side, height: side });
    const image = resize(cell, size, size);
    resized.set(key, image);
    return image;
  }

  function draw({ style, background, size, objects }: Scene): Image {
    checkCount(size, objects);
    const pixels = index.scene_sizes[size];
    const middle = Math.floor((side - pixels) / 2);
    const corners = size === 'pair' ? pairCorners : ([[middle, middle]] as const);
    return objects.reduce(
      (picture, hexcode, i) => {
        const [x, y] = corners[i]!;
        return paste(picture, drawing(style, hexcode, pixels), x, y);
      },
      solid(side, side, color(background)),
    );
  }

  return { folder, side, backgrounds, emoji: index.emoji, find, color, draw };
}

function checkCount(size: SceneSize, objects: readonly string[]): void {
  const wanted = size === 'pair' ? 2 : 1;
  if (objects.length === wanted) return;
  throw new InputError(
    `A scene of size ${size} has ${wanted} emoji, but ${objects.length} were given: [${objects.join(', ')}].`,
    'Use `pair` for two emoji, `large` or `small` for one.',
  );
}
