/**
 * A diagnosis as one figure: a row for each drawing, labelled with the nearest English pair, its picture first, then where each
 * of its words is read.
 */
import type { GridCell, GridRow, PictureGrid } from '../pictures/grid.ts';
import type { Image } from '../pictures/image.ts';
import type { Diagnosis } from './diagnosis.ts';
import type { Neighbor } from './nearest.ts';
import { type Drawing, heatPictures } from './readDrawing.ts';

/** `title` and the like are the caller's. */
export function diagnosisGrid(
  { drawing, referenceDrawing, neighbors }: Diagnosis,
  texts: Pick<PictureGrid, 'title' | 'subtitle' | 'footnote' | 'cellSize'> = {},
): PictureGrid {
  const rows = [
    rowOf(drawing, neighbors?.english[0]),
    ...(referenceDrawing ? [rowOf(referenceDrawing, neighbors?.reference?.[0])] : []),
  ];
  return { cellSize: 128, ...texts, columns: [], rows };
}

function rowOf(drawing: Drawing, nearest: Neighbor | undefined): GridRow {
  const { picture, overlays } = heatPictures(drawing);
  const cells = drawing.groups.flatMap(({ kind, text, share }, i): GridCell[] => {
    const caption = `${text || specialNames[kind]} ${Math.round(100 * share)}%`;
    return kind === 'start' || kind === 'end' ? [] : [{ image: overlays[i] as Image, caption }];
  });
  const label = [drawing.text, drawing.textEncoder, ...(nearest ? [`≈ ${nearest.en}`] : [])].join('\n');
  return { label, cells: [{ image: picture, caption: '' }, ...cells] };
}

const specialNames = { word: '', start: '', end: '', pad: '끝 뒤 · pads' } as const;
