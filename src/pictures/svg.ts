/**
 * Writing SVG: elements, texts and pictures as strings. Knows nothing about what is drawn.
 */
import { type FontWeight, fontStack } from './fonts.ts';
import type { Image } from './image.ts';
import { encodePng, pngDataUri } from './png.ts';

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** The colours that charts and grids share: dark text on white, hairlines, two verdicts. */
export const ink = {
  text: '#1b1f24',
  muted: '#626b76',
  line: '#e4e7eb',
  axis: '#aab2bc',
  paper: '#ffffff',
  empty: '#f5f6f8',
  good: '#1a8f4c',
  bad: '#cf3341',
} as const;

/** Text that can stand in an element or an attribute; characters that XML cannot hold are dropped. */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}

/** An element; attributes that are undefined are left out, numbers are rounded to 1/100. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? short(value) : escapeXml(value!)}"`)
    .join('');
  return children.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${children.join('')}</${name}>`;
}

/** A number as SVG needs it: two digits after the point are a hundredth of a pixel. */
export function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}

export interface TextStyle {
  readonly size: number;
  readonly weight?: FontWeight;
  readonly fill?: string;
  readonly anchor?: 'start' | 'middle' | 'end';
}

/** One line of text; (x, y) is the anchor on the base line. */
export function textLine(
  text: string,
  x: number,
  y: number,
  style: TextStyle,
  more: Attributes = {},
): string {
  const { size, weight = 400, fill = ink.text, anchor = 'start' } = style;
  const attributes = {
    x,
    y,
    'font-size': size,
    'font-weight': weight === 400 ? undefined : weight,
    'text-anchor': anchor === 'start' ? undefined : anchor,
    fill,
    ...more,
  };
  return element('text', attributes, escapeXml(text));
}

/** A picture in its rectangle, embedded as a PNG data URI. */
export function imageElement(image: Image, attributes: Attributes): string {
  const href = pngDataUri(encodePng(image));
  return element('image', { ...attributes, preserveAspectRatio: 'none', href });
}

/** A whole document on white paper; `title` is what screen readers say. */
export function svgDocument(
  width: number,
  height: number,
  title: string | undefined,
  ...content: readonly string[]
): string {
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    width,
    height,
    viewBox: `0 0 ${short(width)} ${short(height)}`,
    'font-family': fontStack,
    role: 'img',
  };
  const label = title ? [element('title', {}, escapeXml(title))] : [];
  const paper = element('rect', { width, height, fill: ink.paper });
  return element('svg', attributes, ...label, paper, ...content);
}
