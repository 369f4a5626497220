import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { rasterize } from './fonts.ts';
import { textWidth, wrapText } from './metrics.ts';
import { svgDocument, textLine } from './svg.ts';

/** First and last column with ink, as the drawn width of a text. */
function drawnWidth(text: string, size: number, weight: 400 | 700): number {
  const image = rasterize(svgDocument(600, 80, undefined, textLine(text, 20, 50, { size, weight })));
  const columns = Array.from({ length: image.width }, (_, x) => x).filter((x) =>
    Array.from({ length: image.height }, (_, y) => image.data[(y * image.width + x) * 4]!).some(
      (red) => red < 128,
    ),
  );
  return columns.length === 0 ? 0 : columns.at(-1)! - columns[0]! + 1;
}

describe('rasterize', () => {
  it('draws Korean with the shipped font', () => {
    expect(drawnWidth('파란 배경의 빨간 사과', 24, 400)).toBeGreaterThan(150);
  });

  it('draws different syllables differently, so it has more than a placeholder box', () => {
    const draw = (text: string) =>
      rasterize(svgDocument(40, 40, undefined, textLine(text, 4, 30, { size: 24 }))).data;
    expect(Buffer.from(draw('사')).equals(Buffer.from(draw('과')))).toBe(false);
  });

  it('scales to the width asked for', () => {
    expect(rasterize(svgDocument(100, 50, undefined), { width: 300 })).toMatchObject({
      width: 300,
      height: 150,
      channels: 4,
    });
  });

  it('returns straight alpha', () => {
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><path d="M0 0h1v1h-1z" fill="#ff8000" fill-opacity=".5"/></svg>';
    expect(Array.from(rasterize(svg).data)).toEqual([255, 128, 0, 128]);
  });

  it('refuses what is no SVG', () => {
    expect(() => rasterize('<svg')).toThrow(InputError);
  });
});

describe('textWidth', () => {
  it.each([
    ['파란 배경의 빨간 사과', 400],
    ['파란 배경의 빨간 사과', 700],
    ['a red apple on a blue background', 400],
    ['loss_ko (한국어) 0.4954', 700],
  ] as const)('is the width that %s is drawn with, at weight %i', (text, weight) => {
    expect(Math.abs(textWidth(text, 24, weight) - drawnWidth(text, 24, weight))).toBeLessThan(6);
  });
});

describe('wrapText', () => {
  it('breaks at spaces, so that every line fits', () => {
    const lines = wrapText('초록 배경 위에 놓인 커다란 수박 한 조각', 100, 16);
    expect(lines.join(' ')).toBe('초록 배경 위에 놓인 커다란 수박 한 조각');
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(textWidth(line, 16)).toBeLessThanOrEqual(100);
  });

  it('breaks a word that is too long by itself, and keeps line breaks', () => {
    expect(wrapText('가'.repeat(10), textWidth('가가가가', 16) + 0.1, 16)).toEqual([
      '가가가가',
      '가가가가',
      '가가',
    ]);
    expect(wrapText('a\nb', 100, 16)).toEqual(['a', 'b']);
  });

  it('shows by an ellipsis that lines are missing', () => {
    const lines = wrapText('가 '.repeat(30), 60, 16, 400, 2);
    expect(lines).toHaveLength(2);
    expect(lines[1]!.endsWith('…')).toBe(true);
    expect(textWidth(lines[1]!, 16)).toBeLessThanOrEqual(60);
  });
});
