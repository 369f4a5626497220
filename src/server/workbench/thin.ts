/**
 * Fewer points of a curve.
 */

/** At most `most` (2 or more) of `points`, evenly spread, with the first and the last one. */
export function thin<Point>(points: readonly Point[], most: number): readonly Point[] {
  if (points.length <= most) return points;
  const stride = (points.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, i) => points[Math.round(i * stride)] as Point);
}
