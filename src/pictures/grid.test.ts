import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rasterize } from './fonts.ts';
import { pictureGrid } from './grid.ts';
import { solid } from './image.ts';
import { decodePng } from './png.ts';
import { ink } from './svg.ts';

const root = new URL('../../', import.meta.url);
const apple = decodePng(
  readFileSync(new URL('fixtures/golden/pipeline/cases/txt2img_red_apple_ddim_0.png', root)),
).image;
const blue = solid(64, 64, [45, 95, 225]);

/** The embedded pictures of a document, decoded. */
function embedded(svg: string) {
  return [...svg.matchAll(/data:image\/png;base64,([^"]+)/g)].map(
    (match) => decodePng(Buffer.from(match[1]!, 'base64')).image,
  );
}

describe('pictureGrid', () => {
  const svg = pictureGrid({
    title: '배우기 전과 후',
    columns: ['before', 'after\n학생 모델'],
    rows: [
      {
        label: '파란 배경의 빨간 사과\na red apple on a blue background',
        cells: [
          { image: apple, mark: 'bad' },
          { image: blue, mark: 'good', caption: '1위' },
        ],
      },
      { label: '고양이', cells: [undefined, blue] },
    ],
    footnote: 'seed 1',
  });

  it('holds every picture and every text', () => {
    expect(embedded(svg)).toHaveLength(3);
    for (const text of [
      '배우기 전과 후',
      'before',
      'after',
      '학생 모델',
      '파란 배경의 빨간 사과',
      '고양이',
      '1위',
      'seed 1',
    ]) {
      expect(svg).toContain(`>${text}</text>`);
    }
  });

  it('shows verdicts in their colours and leaves empty places gray', () => {
    for (const color of [ink.good, ink.bad, ink.empty]) expect(svg).toContain(`fill="${color}"`);
  });

  it('enlarges tiny pictures by a whole factor and leaves their colours alone', () => {
    const [first] = embedded(svg);
    expect(first).toMatchObject({ width: 192, height: 192, channels: 3 });
    const { data, width } = rasterize(pictureGrid({ columns: [], rows: [{ label: '', cells: [blue] }] }));
    const middle = ((32 + 96) * width + 32 + 96) * 4;
    expect(Array.from(data.subarray(middle, middle + 4))).toEqual([45, 95, 225, 255]);
  });

  it('takes large pictures down to what a fine screen shows', () => {
    const [large] = embedded(
      pictureGrid({ columns: [], rows: [{ label: '', cells: [solid(512, 512, [9, 9, 9])] }] }),
    );
    expect(large).toMatchObject({ width: 384, height: 384 });
  });

  it('draws a grid of nothing', () => {
    expect(rasterize(pictureGrid({ columns: [], rows: [] })).width).toBeGreaterThan(0);
  });

  it('wraps long labels instead of covering the pictures', () => {
    const label = '아주 긴 설명이 붙은 커다란 초록색 배경 위의 수박 한 조각';
    const long = pictureGrid({ columns: [], rows: [{ label, cells: [blue] }] });
    expect(long).not.toContain(label);
    expect([...long.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1]).join(' ')).toBe(label);
  });
});
