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
  /** One for each column; undefined leaves the place empty, and a row that is shorter ends early. */
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

interface Row {
  readonly label: string;
  readonly cells: readonly (GridCell | undefined)[];
}

interface Box {
  readonly width: number;
  readonly height: number;
  readonly size: number;
}

/** Where things stand from left to right, and the box that every picture fits into. */
interface Layout {
  readonly labelWidth: number;
  readonly columns: number;
  /** Left edge of a column. */
  readonly x: (column: number) => number;
  readonly width: number;
  readonly box: Box;
}

/** A part of the figure, drawn from some height on, and the height that it takes. */
interface Band {
  readonly svg: string;
  readonly height: number;
}

/** The grid as an SVG document with the pictures inside. */
export function pictureGrid(grid: PictureGrid): string {
  const rows = grid.rows.map(({ label, cells }) => ({ label, cells: cells.map(asCell) }));
  const layout = layOut(grid, rows);
  const room = layout.width - 2 * margin;
  const title = [
    ...breakLines(grid.title, styles.title, room),
    ...breakLines(grid.subtitle, styles.subtitle, room),
  ];
  const footnote = breakLines(grid.footnote, styles.footnote, room);
  const bands: ((y: number) => Band)[] = [
    (y) => ({ svg: drawLines(title, margin, y), height: title.length > 0 ? heightOf(title) + 20 : 0 }),
    (y) => drawHeaders(grid.columns, layout, y),
    ...rows.flatMap((row, i) => [
      () => ({ svg: '', height: i > 0 ? gap : 0 }),
      (y: number) => drawRow(row, layout, y),
    ]),
    (y) => ({
      svg: drawLines(footnote, margin, y + 20),
      height: footnote.length > 0 ? heightOf(footnote) + 20 : 0,
    }),
  ];
  let y = margin;
  const parts = bands.map((draw) => {
    const { svg, height } = draw(y);
    y += height;
    return svg;
  });
  return svgDocument(layout.width, y + margin, grid.title, ...parts);
}

function layOut(grid: PictureGrid, rows: readonly Row[]): Layout {
  const columns = Math.max(grid.columns.length, ...rows.map(({ cells }) => cells.length), 1);
  const cells = rows.flatMap((row) => row.cells);
  const box = cellBox(cells, grid.cellSize ?? 192);
  const labelWidth = widthOfLabels(rows.map(({ label }) => label));
  const left = margin + (labelWidth > 0 ? labelWidth + labelGap : 0);
  const x = (column: number) => left + column * (box.width + gap);
  return { labelWidth, columns, x, width: x(columns) - gap + margin, box };
}

/** Headers, each in the middle of its column, their last lines at one height. */
function drawHeaders(texts: readonly string[], { x, box }: Layout, y: number): Band {
  const headers = texts.map((text) => labelLines(text, box.width));
  const height = Math.max(0, ...headers.map(heightOf));
  const drawn = headers.map((lines, i) =>
    drawLines(lines, x(i) + box.width / 2, y + height - heightOf(lines), 'middle'),
  );
  return { svg: drawn.join(''), height: height > 0 ? height + 10 : 0 };
}

/** The label beside the middle of the pictures, the pictures, and their captions below. */
function drawRow(row: Row, { labelWidth, x, box }: Layout, y: number): Band {
  const label = labelLines(row.label, labelWidth);
  const height = Math.max(box.height, heightOf(label));
  const captions = row.cells.map((cell) => breakLines(cell?.caption, styles.caption, box.width));
  const captionHeight = Math.max(0, ...captions.map(heightOf));
  const parts = [drawLines(label, margin, y + (height - heightOf(label)) / 2)];
  for (const [i, cell] of row.cells.entries()) {
    parts.push(drawCell(cell, x(i), y, box));
    parts.push(drawLines(captions[i] ?? [], x(i) + box.width / 2, y + box.height + 6, 'middle'));
  }
  const below = captionHeight > 0 ? captionHeight + 6 : 0;
  return { svg: parts.join(''), height: Math.max(height, box.height + below) };
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

/** The box that all pictures fit into, and the side that was asked for. */
function cellBox(cells: readonly (GridCell | undefined)[], cellSize: number): Box {
  const shown = cells.flatMap((cell) => (cell ? [displaySize(cell.image, cellSize)] : []));
  if (shown.length === 0) return { width: cellSize, height: cellSize, size: cellSize };
  const width = Math.max(...shown.map((size) => size.width));
  return { width, height: Math.max(...shown.map((size) => size.height)), size: cellSize };
}

function drawCell(cell: GridCell | undefined, x: number, y: number, box: Box): string {
  if (cell === undefined) {
    return element('rect', { x, y, width: box.width, height: box.height, rx: radius, fill: ink.empty });
  }
  const { image, mark } = cell;
  const { width, height, whole } = displaySize(image, box.size);
  const place = { x: x + (box.width - width) / 2, y: y + (box.height - height) / 2, width, height };
  // Named by its geometry: where several figures stand in one page, equal names then mean equal shapes.
  const clip = ['clip', ...Object.values(place).map(short)].join('-');
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
