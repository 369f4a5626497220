/**
 * Pictures in rows and columns with labels, as one SVG: comparisons, samples of a run, figures for readers.
 *
 * Knows nothing about where pictures come from and what the verdicts mean.
 */
import type { FontWeight } from './fonts.ts';
import type { Image } from './image.ts';
import { textWidth, wrapText } from './metrics.ts';
import { enlarge, resize } from './resize.ts';
import { element, imageElement, ink, short, svgDocument, textLine } from './svg.ts';

export interface GridCell {
  readonly image: Image;
  /** Below the picture. */
  readonly caption?: string;
  /** A tick or a cross in the picture's corner. */
  readonly mark?: 'good' | 'bad';
}

export interface GridRow {
  /** The first line stands out (a prompt), further ones are smaller (its translation). Empty: no label. */
  readonly label: string;
  /** One for each column; undefined leaves the place empty. */
  readonly cells: readonly (Image | GridCell | undefined)[];
}

export interface PictureGrid {
  readonly title?: string;
  readonly subtitle?: string;
  /** Headers; as in a row's label, lines after the first are smaller. */
  readonly columns: readonly string[];
  readonly rows: readonly GridRow[];
  /** Side of a picture in pixels, 192 by default. Tiny pictures take the nearest whole multiple of theirs. */
  readonly cellSize?: number;
  readonly footnote?: string;
}

const margin = 32;
const gap = 14;
const labelGap = 24;
const radius = 8;
const minLabelWidth = 90;
const maxLabelWidth = 230;

interface Style {
  readonly size: number;
  readonly weight: FontWeight;
  readonly fill: string;
}

const styles = {
  title: { size: 24, weight: 700, fill: ink.text },
  subtitle: { size: 15, weight: 400, fill: ink.muted },
  label: { size: 16, weight: 700, fill: ink.text },
  detail: { size: 13, weight: 400, fill: ink.muted },
  caption: { size: 12.5, weight: 400, fill: ink.muted },
  footnote: { size: 12.5, weight: 400, fill: ink.muted },
} as const satisfies Record<string, Style>;

const lineHeight = 1.4;

interface Line {
  readonly text: string;
  readonly style: Style;
}

/** The grid as an SVG document with the pictures inside. */
export function pictureGrid(grid: PictureGrid): string {
  const rows = grid.rows.map(({ label, cells }) => ({ label, cells: cells.map(asCell) }));
  const columnCount = Math.max(grid.columns.length, ...rows.map(({ cells }) => cells.length), 1);
  const cell = cellBox(
    rows.flatMap(({ cells }) => cells),
    grid.cellSize ?? 192,
  );
  const labelWidth = widthOfLabels(rows.map(({ label }) => label));
  const left = margin + (labelWidth > 0 ? labelWidth + labelGap : 0);
  const width = left + columnCount * (cell.width + gap) - gap + margin;

  const parts: string[] = [];
  let y = margin;
  const title = [
    ...breakLines(grid.title, styles.title, width - 2 * margin),
    ...breakLines(grid.subtitle, styles.subtitle, width - 2 * margin),
  ];
  if (title.length > 0) {
    parts.push(drawLines(title, margin, y));
    y += heightOf(title) + 20;
  }
  const headers = grid.columns.map((text) => labelLines(text, cell.width));
  const headerHeight = Math.max(0, ...headers.map(heightOf));
  headers.forEach((lines, i) => {
    const middle = left + i * (cell.width + gap) + cell.width / 2;
    parts.push(drawLines(lines, middle, y + headerHeight - heightOf(lines), 'middle'));
  });
  y += headerHeight > 0 ? headerHeight + 10 : 0;

  for (const row of rows) {
    const captions = row.cells.map((one) => breakLines(one?.caption, styles.caption, cell.width));
    const label = labelLines(row.label, labelWidth);
    const captionHeight = Math.max(
      0,
      ...captions.map((lines) => (lines.length > 0 ? heightOf(lines) + 6 : 0)),
    );
    const rowHeight = Math.max(cell.height, heightOf(label));
    parts.push(drawLines(label, margin, y + (rowHeight - heightOf(label)) / 2));
    for (let i = 0; i < columnCount; i++) {
      const x = left + i * (cell.width + gap);
      parts.push(drawCell(row.cells[i], x, y, cell));
      parts.push(drawLines(captions[i] ?? [], x + cell.width / 2, y + cell.height + 6, 'middle'));
    }
    y += rowHeight + captionHeight + gap;
  }
  y -= rows.length > 0 ? gap : 0;

  const footnote = breakLines(grid.footnote, styles.footnote, width - 2 * margin);
  if (footnote.length > 0) {
    parts.push(drawLines(footnote, margin, y + 20));
    y += 20 + heightOf(footnote);
  }
  return svgDocument(width, y + margin, grid.title, ...parts);
}

function asCell(cell: Image | GridCell | undefined): GridCell | undefined {
  return cell !== undefined && !('image' in cell) ? { image: cell } : cell;
}

/** How large a picture is drawn: the longer side as near to `cellSize` as a crisp enlargement allows. */
function displaySize({ width, height }: Image, cellSize: number) {
  const side = Math.max(width, height);
  const factor = side * 1.5 <= cellSize ? Math.round(cellSize / side) : cellSize / side;
  return { width: width * factor, height: height * factor, whole: Number.isInteger(factor) };
}

/** The box that all pictures fit into. */
function cellBox(cells: readonly (GridCell | undefined)[], cellSize: number) {
  const shown = cells.flatMap((cell) => (cell ? [displaySize(cell.image, cellSize)] : []));
  if (shown.length === 0) return { width: cellSize, height: cellSize, size: cellSize };
  const width = Math.max(...shown.map((size) => size.width));
  return { width, height: Math.max(...shown.map((size) => size.height)), size: cellSize };
}

function drawCell(cell: GridCell | undefined, x: number, y: number, box: ReturnType<typeof cellBox>): string {
  if (cell === undefined) {
    return element('rect', { x, y, width: box.width, height: box.height, rx: radius, fill: ink.empty });
  }
  const { image, mark } = cell;
  const { width, height, whole } = displaySize(image, box.size);
  const place = { x: x + (box.width - width) / 2, y: y + (box.height - height) / 2, width, height };
  const clip = `clip-${short(place.x)}-${short(place.y)}`;
  const rounded = element('rect', { ...place, rx: radius });
  // The hairline keeps the edge of white pictures visible on white paper.
  const edge = { x: place.x + 0.5, y: place.y + 0.5, width: width - 1, height: height - 1, rx: radius - 0.5 };
  return [
    element('clipPath', { id: clip }, rounded),
    imageElement(embedded(image, width, height, whole), {
      ...place,
      'clip-path': `url(#${clip})`,
      'image-rendering': whole ? 'optimizeSpeed' : undefined,
    }),
    element('rect', { ...edge, fill: 'none', stroke: '#000000', 'stroke-opacity': 0.12 }),
    mark ? drawMark(mark, place.x + width - 18, place.y + 18) : '',
  ].join('');
}

/** The pixels that go into the document: twice the drawn size at most, for screens with fine pixels. */
function embedded(image: Image, width: number, height: number, whole: boolean): Image {
  if (whole && width >= image.width) return enlarge(image, width / image.width);
  if (image.width <= 2 * width) return image;
  return resize(image, Math.round(2 * width), Math.round(2 * height), 'lanczos');
}

/** A tick or a cross, in a disc with a white rim that shows on any picture. */
function drawMark(mark: 'good' | 'bad', x: number, y: number): string {
  const d =
    mark === 'good'
      ? `M${short(x - 4.6)} ${short(y + 0.3)}l3.3 3.4l6 -6.8`
      : `M${short(x - 3.7)} ${short(y - 3.7)}l7.4 7.4m0 -7.4l-7.4 7.4`;
  return (
    element('circle', { cx: x, cy: y, r: 11, fill: ink[mark], stroke: ink.paper, 'stroke-width': 2 }) +
    element('path', {
      d,
      fill: 'none',
      stroke: ink.paper,
      'stroke-width': 2.4,
      'stroke-linecap': 'round',
      'stroke-linejoin': 'round',
    })
  );
}

/** As wide as the longest label needs, within limits; 0 when no row has one. */
function widthOfLabels(labels: readonly string[]): number {
  const widths = labels
    .flatMap((label) => styled(label))
    .map(({ text, style }) => textWidth(text, style.size, style.weight));
  const longest = Math.max(0, ...widths);
  return longest === 0 ? 0 : Math.min(maxLabelWidth, Math.max(minLabelWidth, Math.ceil(longest) + 2));
}

/** First line of a label in one style, the others in another; not yet wrapped. */
function styled(label: string): Line[] {
  if (label === '') return [];
  return label.split('\n').map((text, i) => ({ text, style: i === 0 ? styles.label : styles.detail }));
}

function labelLines(label: string, width: number): Line[] {
  return styled(label).flatMap(({ text, style }) => breakLines(text, style, width));
}

function breakLines(text: string | undefined, style: Style, width: number): Line[] {
  if (!text) return [];
  return wrapText(text, width, style.size, style.weight).map((line) => ({ text: line, style }));
}

function heightOf(lines: readonly Line[]): number {
  return lines.reduce((total, { style }) => total + style.size * lineHeight, 0);
}

/** Lines below each other; `y` is the top of the first. */
function drawLines(
  lines: readonly Line[],
  x: number,
  y: number,
  anchor: 'start' | 'middle' = 'start',
): string {
  let bottom = y;
  return lines
    .map(({ text, style }) => {
      bottom += style.size * lineHeight;
      return textLine(text, x, bottom - style.size * 0.36, { ...style, anchor });
    })
    .join('');
}
