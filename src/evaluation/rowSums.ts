/**
 * The rows of one text beside those of its teacher, as sums that can be added up over texts, resampled and grouped.
 *
 * Pure: rows in, numbers out. Knows no model and no file.
 */

/** Parts of a text's rows: the start token, the words with the end token, and what stands after it. */
export const rowParts = ['start', 'content', 'afterEnd'] as const;

export type RowPart = (typeof rowParts)[number];

/** A variance below this part of the teacher's mean square is rounding. */
export const rounding = 1e-6;

/** Over the values of some rows. */
export interface Squares {
  rows: number;
  /** Squared differences from the teacher. */
  error: number;
  /** Squared differences of the teacher from its mean at the same position. */
  variance: number;
  /** Squares of the teacher. */
  square: number;
}

export interface TextSums {
  readonly parts: Readonly<Record<RowPart, Squares>>;
  readonly all: Squares;
  /** How many values were compared. */
  readonly values: number;
  /** Mean over the rows of `content` of their cosine with the teacher's. */
  readonly cosine: number;
}

/**
 * `rows` and `teacher` [positions * size], `mean` the teacher's over many texts, `length` the teacher's tokens of this one,
 * start and end included.
 */
export function textSums(
  rows: Float32Array,
  teacher: Float32Array,
  mean: Float64Array,
  length: number,
  size: number,
): TextSums {
  const parts = { start: none(), content: none(), afterEnd: none() };
  let cosine = 0;
  for (let position = 0; position * size < teacher.length; position++) {
    const part = partOf(position, length);
    const [begin, end] = [position * size, (position + 1) * size];
    addRow(parts[part], rows, teacher, mean, begin, end);
    if (part === 'content') cosine += cosineOf(rows, teacher, begin, end) / (length - 1);
  }
  const all = none();
  for (const part of rowParts) {
    for (const key of ['rows', 'error', 'variance', 'square'] as const) all[key] += parts[part][key];
  }
  return { parts, all, values: teacher.length, cosine };
}

function partOf(position: number, length: number): RowPart {
  if (position === 0) return 'start';
  return position < length ? 'content' : 'afterEnd';
}

function none(): Squares {
  return { rows: 0, error: 0, variance: 0, square: 0 };
}

function addRow(
  sums: Squares,
  rows: Float32Array,
  teacher: Float32Array,
  mean: Float64Array,
  begin: number,
  end: number,
): void {
  let [error, variance, square] = [0, 0, 0];
  for (let i = begin; i < end; i++) {
    const value = teacher[i] as number;
    const [difference, deviation] = [(rows[i] as number) - value, value - (mean[i] as number)];
    error += difference * difference;
    variance += deviation * deviation;
    square += value * value;
  }
  sums.rows++;
  sums.error += error;
  sums.variance += variance;
  sums.square += square;
}

/** The mean state of every position, [positions * size] of many texts. */
export function meanOf(states: readonly Float32Array[]): Float64Array {
  const mean = new Float64Array(states[0]?.length ?? 0);
  for (const rows of states) {
    for (let i = 0; i < rows.length; i++) mean[i]! += (rows[i] as number) / states.length;
  }
  return mean;
}

/** Of the values from `begin` to `end`; 0 where one side is nothing. */
export function cosineOf(
  a: Float32Array | Float64Array,
  b: Float32Array | Float64Array,
  begin = 0,
  end = a.length,
): number {
  let [product, squareA, squareB] = [0, 0, 0];
  for (let i = begin; i < end; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    product += x * y;
    squareA += x * x;
    squareB += y * y;
  }
  return squareA === 0 || squareB === 0 ? 0 : product / Math.sqrt(squareA * squareB);
}
