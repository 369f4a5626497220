import { readdirSync, readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { decode as fastDecode, encode as fastEncode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { crc32, joinChunks, splitChunks } from './chunks.ts';
import { type Image, solid } from './image.ts';
import { decodePng, encodePng } from './png.ts';

const root = new URL('../../', import.meta.url);

const images = fc
  .record({
    width: fc.integer({ min: 1, max: 12 }),
    height: fc.integer({ min: 1, max: 12 }),
    channels: fc.constantFrom(3 as const, 4 as const),
  })
  .chain((size) => {
    const length = size.width * size.height * size.channels;
    return fc.uint8Array({ minLength: length, maxLength: length }).map((data): Image => ({ ...size, data }));
  });

const keywords = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,20}$/);
const texts = fc.dictionary(keywords, fc.string({ unit: 'grapheme', maxLength: 200 }));

/** A PNG file with raw rows (filter byte included), for colour types that we do not write. */
function handMade(
  header: { width: number; height: number; depth: number; colorType: number; interlace?: number },
  rows: readonly number[],
  extra: { type: string; data: Uint8Array }[] = [],
): Uint8Array {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(header.width, 0);
  data.writeUInt32BE(header.height, 4);
  data.set([header.depth, header.colorType, 0, 0, header.interlace ?? 0], 8);
  return joinChunks([
    { type: 'IHDR', data },
    ...extra,
    { type: 'IDAT', data: deflateSync(Uint8Array.from(rows)) },
    { type: 'IEND', data: new Uint8Array(0) },
  ]);
}

const pixelsOf = (bytes: Uint8Array) => Array.from(decodePng(bytes).image.data);

describe('encodePng and decodePng', () => {
  it('get every picture and text back, in any script', () => {
    fc.assert(
      fc.property(images, texts, (image, text) => {
        const file = decodePng(encodePng(image, text));
        expect(file).toEqual({ image, text: { ...text } });
      }),
    );
  });

  it('write what another reader reads, and read what another writer writes', () => {
    fc.assert(
      fc.property(images, (image) => {
        expect(fastDecode(encodePng(image), { checkCrc: true })).toMatchObject({ ...image, depth: 8 });
        for (const interlace of ['null', 'Adam7'] as const) {
          expect(decodePng(fastEncode({ ...image }, { interlace })).image).toEqual(image);
        }
      }),
    );
  });

  it('read the golden pictures', () => {
    const folder = new URL('fixtures/golden/pipeline/cases/', root);
    const names = readdirSync(folder).filter((name) => name.endsWith('.png'));
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      const { image } = decodePng(readFileSync(new URL(name, folder)));
      expect(image).toMatchObject({ width: 64, height: 64, channels: 3 });
      expect(
        Buffer.from(image.data).equals(fastDecode(readFileSync(new URL(name, folder))).data as Uint8Array),
      ).toBe(true);
    }
  });

  it('read a sheet of transparent emoji', () => {
    const bytes = readFileSync(new URL('models/emoji-sd/pictures/noto.png', root));
    const { image } = decodePng(bytes);
    expect(image).toMatchObject({ width: 2048, height: 1728, channels: 4 });
    expect(Buffer.from(image.data).equals(fastDecode(bytes).data as Uint8Array)).toBe(true);
  });

  it('refuse a picture whose data do not fit its size', () => {
    expect(() => encodePng({ ...solid(2, 2, [0, 0, 0]), width: 3 })).toThrow(InputError);
  });
});

describe('text chunks', () => {
  const image = solid(1, 1, [1, 2, 3]);
  const typesOf = (text: Record<string, string>) =>
    splitChunks(encodePng(image, text)).map(({ type }) => type);

  it('are tEXt where Latin-1 suffices and iTXt for Korean', () => {
    expect(typesOf({ parameters: 'café' })).toEqual(['IHDR', 'tEXt', 'IDAT', 'IEND']);
    expect(typesOf({ parameters: '빨간 사과' })).toEqual(['IHDR', 'iTXt', 'IDAT', 'IEND']);
  });

  it('are compressed when they are long', () => {
    const parameters = '파란 배경의 빨간 사과 '.repeat(1000);
    const bytes = encodePng(image, { parameters });
    expect(bytes.length).toBeLessThan(1000);
    expect(decodePng(bytes).text).toEqual({ parameters });
  });

  it('are read from zTXt', () => {
    const data = Buffer.concat([
      Buffer.from('Comment\0\0', 'latin1'),
      deflateSync(Buffer.from('naïve', 'latin1')),
    ]);
    const bytes = handMade({ width: 1, height: 1, depth: 8, colorType: 0 }, [0, 7], [{ type: 'zTXt', data }]);
    expect(decodePng(bytes).text).toEqual({ Comment: 'naïve' });
  });

  it('are refused under a keyword that PNG does not allow', () => {
    for (const keyword of ['', ' x', 'x ', 'a  b', '한국어', 'x'.repeat(80)]) {
      expect(() => encodePng(image, { [keyword]: 'text' })).toThrow(InputError);
    }
  });
});

describe('colour types that we do not write', () => {
  it('gray of 1, 2, 4 and 16 bits becomes RGB', () => {
    expect(pixelsOf(handMade({ width: 3, height: 1, depth: 1, colorType: 0 }, [0, 0b10100000]))).toEqual([
      255, 255, 255, 0, 0, 0, 255, 255, 255,
    ]);
    expect(pixelsOf(handMade({ width: 2, height: 1, depth: 2, colorType: 0 }, [0, 0b01110000]))).toEqual([
      85, 85, 85, 255, 255, 255,
    ]);
    expect(pixelsOf(handMade({ width: 1, height: 1, depth: 4, colorType: 0 }, [0, 0xa0]))).toEqual([
      170, 170, 170,
    ]);
    expect(pixelsOf(handMade({ width: 1, height: 1, depth: 16, colorType: 0 }, [0, 0x80, 0x00]))).toEqual([
      128, 128, 128,
    ]);
  });

  it('gray with alpha becomes RGBA', () => {
    expect(pixelsOf(handMade({ width: 1, height: 1, depth: 8, colorType: 4 }, [0, 9, 200]))).toEqual([
      9, 9, 9, 200,
    ]);
  });

  it('palettes become RGB, or RGBA when they have transparency', () => {
    const palette = { type: 'PLTE', data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
    const alphas = { type: 'tRNS', data: Uint8Array.of(77) };
    const header = { width: 2, height: 1, depth: 4, colorType: 3 };
    expect(pixelsOf(handMade(header, [0, 0x10], [palette]))).toEqual([4, 5, 6, 1, 2, 3]);
    expect(pixelsOf(handMade(header, [0, 0x10], [palette, alphas]))).toEqual([4, 5, 6, 255, 1, 2, 3, 77]);
    expect(() => pixelsOf(handMade(header, [0, 0x20], [palette]))).toThrow(/colour 2/);
    expect(() => pixelsOf(handMade(header, [0, 0x10]))).toThrow(/palette/);
  });

  it('one transparent colour becomes alpha', () => {
    const key = { type: 'tRNS', data: Uint8Array.of(0, 1, 0, 2, 0, 3) };
    const bytes = handMade({ width: 2, height: 1, depth: 8, colorType: 2 }, [0, 1, 2, 3, 1, 2, 4], [key]);
    expect(pixelsOf(bytes)).toEqual([1, 2, 3, 0, 1, 2, 4, 255]);
  });

  it('interlaced bits come to their places', () => {
    // 3 x 2 pixels of 1 bit: passes 1 (0,0), 4 (2,0), 6 (1,0), 7 (row 1) hold pixels.
    const rows = [0, 0x80, 0, 0x00, 0, 0x80, 0, 0b01000000];
    const bytes = handMade({ width: 3, height: 2, depth: 1, colorType: 0, interlace: 1 }, rows);
    expect(pixelsOf(bytes).filter((_, i) => i % 3 === 0)).toEqual([255, 255, 0, 0, 255, 0]);
  });
});

describe('damaged files', () => {
  const good = encodePng(solid(9, 7, [10, 20, 30]), { parameters: '빨간 사과' });

  it('cut off anywhere are refused as such', () => {
    for (let length = 0; length < good.length; length++) {
      expect(() => decodePng(good.subarray(0, length))).toThrow(InputError);
    }
  });

  it('with any byte changed are refused', () => {
    for (let i = 0; i < good.length; i++) {
      const bad = good.slice();
      bad[i] = bad[i]! ^ 0x15;
      expect(() => decodePng(bad)).toThrow(InputError);
    }
  });

  it('with sound chunks and senseless contents are refused', () => {
    const gray = { width: 2, height: 2, depth: 8, colorType: 0 };
    expect(() => decodePng(handMade(gray, [0, 1, 2]))).toThrow(/unpacked/);
    expect(() => decodePng(handMade(gray, [9, 1, 2, 0, 3, 4]))).toThrow(/unpacked/);
    expect(() => decodePng(handMade({ ...gray, depth: 3 }, []))).toThrow(/header/);
    expect(() => decodePng(handMade({ ...gray, width: 0 }, []))).toThrow(/0x2/);
    expect(() => decodePng(handMade({ ...gray, width: 2 ** 20, height: 2 ** 20 }, []))).toThrow(/too large/);
    expect(() => decodePng(joinChunks([{ type: 'IEND', data: new Uint8Array(0) }]))).toThrow(/header/);
  });
});

describe('crc32', () => {
  it('is the checksum of the standard', () => {
    expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
  });
});
