import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { crc32 } from './chunks.ts';
import { crop, type Image, paste, solid } from './image.ts';
import { decodePng } from './png.ts';
import { enlarge, type ResizeFilter, resize } from './resize.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string): Image => decodePng(readFileSync(new URL(path, root))).image;

/** A picture that a line of any language can make. */
function pattern(width: number, height: number, channels: 3 | 4): Image {
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => {
    const pixel = Math.floor(i / channels);
    const x = pixel % width;
    const y = Math.floor(pixel / width);
    return (x * x * 7 + y * 13 + (i % channels) * 59 + x * y * 5) % 256;
  });
  return { width, height, channels, data };
}

// The expected bytes and checksums (CRC-32 of the bytes) were made with Pillow 12.3.0.
describe('resize', () => {
  it('shrinks as Pillow does', () => {
    const bytes = [10, 66, 128, 56, 128, 182, 170, 164, 96, 38, 98, 172, 114, 167, 154, 174, 104, 80];
    expect(Array.from(resize(pattern(6, 4, 3), 3, 2).data)).toEqual(bytes);
  });

  const cases: [from: Image, width: number, height: number, filter: ResizeFilter, checksum: number][] = [
    [pattern(12, 9, 3), 7, 5, 'lanczos', 4082438685],
    [pattern(12, 9, 4), 7, 5, 'lanczos', 1206321752],
    [pattern(12, 9, 4), 20, 13, 'lanczos', 3170890960],
    [pattern(12, 9, 4), 12, 5, 'lanczos', 3012270633],
    [pattern(12, 9, 3), 5, 4, 'box', 634656008],
    [pattern(12, 9, 3), 7, 5, 'bicubic', 2986096669],
    [pattern(12, 9, 4), 7, 5, 'bicubic', 2078865745],
    [pattern(12, 9, 4), 20, 13, 'bicubic', 657108753],
    [pattern(31, 7, 3), 12, 28, 'bicubic', 4152704145],
  ];
  it.each(cases)('agrees with Pillow bit for bit: case %#', (from, width, height, filter, checksum) => {
    const resized = resize(from, width, height, filter);
    expect(resized).toMatchObject({ width, height, channels: from.channels });
    expect(crc32(resized.data)).toBe(checksum);
  });

  it('agrees with Pillow on a generated picture at 16x16', () => {
    const picture = read('fixtures/golden/pipeline/cases/img2img_input.png');
    expect(crc32(resize(picture, 16, 16).data)).toBe(4121929331);
    expect(crc32(resize(picture, 16, 16, 'box').data)).toBe(909772302);
  });

  const sheets: [sheet: string, size: number, checksum: number][] = [
    ['noto', 58, 3100735638],
    ['noto', 32, 670280263],
    ['noto', 31, 2215398798],
    ['noto', 16, 3556201550],
    ['twemoji', 58, 1648561228],
    ['twemoji', 31, 3806403932],
  ];
  it.each(sheets)(
    'draws emoji of %s at %i pixels as Pillow does, resized and pasted',
    (name, size, checksum) => {
      const sheet = read(`models/emoji-sd/pictures/${name}.png`);
      const bytes: Uint8Array[] = [];
      for (let index = 0; index < 836; index += 19) {
        const cell = { x: (index % 32) * 64, y: Math.floor(index / 32) * 64, width: 64, height: 64 };
        const emoji = resize(crop(sheet, cell), size, size);
        bytes.push(
          new Uint8Array(emoji.data),
          new Uint8Array(paste(solid(64, 64, [45, 95, 225]), emoji, 3, 5).data),
        );
      }
      expect(crc32(Buffer.concat(bytes))).toBe(checksum);
    },
  );

  it('leaves a picture alone when the size stays', () => {
    const picture = pattern(5, 4, 3);
    expect(resize(picture, 5, 4)).toEqual(picture);
  });

  it('refuses sizes that are no sizes', () => {
    expect(() => resize(pattern(2, 2, 3), 0, 2)).toThrow(InputError);
    expect(() => enlarge(pattern(2, 2, 3), 1.5)).toThrow(InputError);
  });
});

describe('enlarge', () => {
  it('repeats each pixel, so that shrinking by box gives the picture back', () => {
    const picture = pattern(4, 3, 3);
    const large = enlarge(picture, 3);
    expect(large).toMatchObject({ width: 12, height: 9 });
    expect(resize(large, 4, 3, 'box')).toEqual(picture);
  });
});
