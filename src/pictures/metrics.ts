/**
 * How wide a text is in the shipped font, and breaking it into lines that fit.
 *
 * Reads the advance widths from the font file; kerning is left out. Knows no SVG.
 * Source: OpenType specification, tables cmap (format 4), head, hhea and hmtx.
 */
import { readFileSync } from 'node:fs';
import { type FontWeight, fontFiles } from './fonts.ts';

/** Advance width of a character as a part of the font size. */
type Advance = (codePoint: number) => number;

const advances = new Map<FontWeight, Advance>();

/** Width of one line of text, in the unit of `size`. */
export function textWidth(text: string, size: number, weight: FontWeight = 400): number {
  let advance = advances.get(weight);
  if (advance === undefined) {
    advance = readAdvances(readFileSync(fontFiles[weight]));
    advances.set(weight, advance);
  }
  let width = 0;
  for (const character of text) width += advance(character.codePointAt(0)!);
  return width * size;
}

/**
 * Lines of at most `width`, broken at spaces; a word that is wider by itself is broken anywhere. Line breaks
 * of the text are kept. With `maxLines`, the last line ends in "…" when something had to go.
 */
export function wrapText(
  text: string,
  width: number,
  size: number,
  weight: FontWeight = 400,
  maxLines = Number.POSITIVE_INFINITY,
): string[] {
  const fits = (line: string) => textWidth(line, size, weight) <= width;
  const lines = text.split('\n').flatMap((paragraph) => wrapParagraph(paragraph, fits));
  if (lines.length <= maxLines) return lines;
  let last = lines[maxLines - 1]!;
  while (last !== '' && !fits(`${last}…`)) last = Array.from(last).slice(0, -1).join('');
  return [...lines.slice(0, maxLines - 1), `${last.trimEnd()}…`];
}

function wrapParagraph(paragraph: string, fits: (line: string) => boolean): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of paragraph.split(/\s+/).filter(Boolean)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (fits(longer)) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = '';
    for (const character of word) {
      if (line !== '' && !fits(line + character)) {
        lines.push(line);
        line = '';
      }
      line += character;
    }
  }
  return [...lines, line];
}

function readAdvances(file: Buffer): Advance {
  const tables = new Map<string, number>();
  for (let i = 0; i < file.readUInt16BE(4); i++) {
    const record = 12 + i * 16;
    tables.set(file.toString('latin1', record, record + 4), file.readUInt32BE(record + 8));
  }
  const unitsPerEm = file.readUInt16BE(tables.get('head')! + 18);
  const longMetrics = file.readUInt16BE(tables.get('hhea')! + 34);
  const metrics = tables.get('hmtx')!;
  const glyphOf = readCharacterMap(file, tables.get('cmap')!);
  return (codePoint) => {
    const glyph = Math.min(glyphOf(codePoint), longMetrics - 1);
    return file.readUInt16BE(metrics + glyph * 4) / unitsPerEm;
  };
}

/** Characters of the basic plane to glyph numbers; others, and those the font lacks, to 0. */
function readCharacterMap(file: Buffer, cmap: number): (codePoint: number) => number {
  let table = -1;
  for (let i = 0; i < file.readUInt16BE(cmap + 2); i++) {
    const offset = cmap + file.readUInt32BE(cmap + 4 + i * 8 + 4);
    if (file.readUInt16BE(offset) === 4) table = offset;
  }
  if (table < 0) return () => 0;
  const doubled = file.readUInt16BE(table + 6);
  const ends = table + 14;
  const starts = ends + doubled + 2;
  const deltas = starts + doubled;
  const ranges = deltas + doubled;
  return (codePoint) => {
    if (codePoint > 0xffff) return 0;
    let segment = 0;
    while (file.readUInt16BE(ends + segment) < codePoint) segment += 2;
    const start = file.readUInt16BE(starts + segment);
    if (start > codePoint) return 0;
    const delta = file.readUInt16BE(deltas + segment);
    const range = file.readUInt16BE(ranges + segment);
    if (range === 0) return (codePoint + delta) & 0xffff;
    const glyph = file.readUInt16BE(ranges + segment + range + (codePoint - start) * 2);
    return glyph === 0 ? 0 : (glyph + delta) & 0xffff;
  };
}
