/**
 * Figures as files: SVG for those who look closely, PNG for where SVG is not shown.
 */
import { writeFileAtomic } from '../checkpoint/atomic.ts';
import { type RasterizeOptions, rasterizePng } from './fonts.ts';

/** Writes `<path>.svg` and `<path>.png`. Throws CheckpointError if the file system refuses. */
export async function saveFigure(path: string, svg: string, options: RasterizeOptions = {}): Promise<void> {
  await writeFileAtomic(`${path}.svg`, svg);
  await writeFileAtomic(`${path}.png`, rasterizePng(svg, options));
}

/** Pixels: a chart is shown smaller, and stays sharp on a dense screen. */
export const chartWidth = { width: 1600 } as const;
