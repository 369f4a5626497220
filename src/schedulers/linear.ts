/**
 * The little linear algebra that samplers need. Knows nothing of diffusion.
 */

export type Term = readonly [weight: number, values: Float32Array];

/** The sum of weight times values, in double precision, rounded once to float32. All values have one length. */
export function weightedSum(...terms: readonly Term[]): Float32Array {
  const length = terms[0]?.[1].length ?? 0;
  const sums = new Float64Array(length);
  for (const [weight, values] of terms) {
    if (weight === 0) continue;
    for (let i = 0; i < length; i++) sums[i] = (sums[i] as number) + weight * (values[i] as number);
  }
  return Float32Array.from(sums);
}

/** x with `matrix` x = `right`, by Gaussian elimination with pivots. The matrix must be regular. */
export function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const size = right.length;
  const rows = matrix.map((row, i) => [...row, right[i] as number]);
  const at = (i: number, j: number) => (rows[i] as number[])[j] as number;
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let i = column + 1; i < size; i++) {
      if (Math.abs(at(i, column)) > Math.abs(at(pivot, column))) pivot = i;
    }
    [rows[column], rows[pivot]] = [rows[pivot] as number[], rows[column] as number[]];
    for (let i = 0; i < size; i++) {
      if (i === column) continue;
      const factor = at(i, column) / at(column, column);
      rows[i] = (rows[i] as number[]).map((value, j) => value - factor * at(column, j));
    }
  }
  return right.map((_, i) => at(i, size) / at(i, i));
}
