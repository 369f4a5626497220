/**
 * How near a student's states are to its teacher's, where it matters which: a raw mean squared error hides that the
 * first row is the same for every text, and that most rows stand after the end of a text.
 *
 * Pure: rows in, numbers out. Knows no model and no file.
 */
import { InputError } from '../errors.ts';

/** Parts of a text's rows: the start token, the words with the end token, and what stands after it. */
export const rowParts = ['start', 'content', 'afterEnd'] as const;

export type RowPart = (typeof rowParts)[number];

export interface PartMeasure {
  /** Rows compared. */
  readonly rows: number;
  /** Mean squared error of a value. */
  readonly mse: number;
  /** Mean square of the teacher's values around their mean at the same position. */
  readonly variance: number;
  /**
   * 1 - mse / variance, the part of what varies there that the student gives: 1 for a perfect student, 0 for one that
   * gives the teacher's mean of each position whatever the text, NaN where nothing varies.
   */
  readonly r2: number;
}

export type EmbeddingMeasures = Readonly<Record<RowPart | 'all', PartMeasure>>;

/** A variance below this part of the teacher's mean square is rounding. */
const rounding = 1e-6;

interface Sums {
  rows: number;
  error: number;
  variance: number;
  square: number;
}

/**
 * Compares rows of the same texts: `student` and `teacher` hold one array [positions * size] a text, `lengths` [texts]
 * the teacher's tokens of each, start and end included. Throws InputError if they do not belong together.
 */
export function embeddingMeasures(
  student: readonly Float32Array[],
  teacher: readonly Float32Array[],
  lengths: ArrayLike<number>,
  size: number,
): EmbeddingMeasures {
  checkRows(student, teacher, lengths, size);
  const mean = meanOf(teacher);
  const sums: Record<RowPart, Sums> = { start: none(), content: none(), afterEnd: none() };
  teacher.forEach((rows, text) => {
    for (let position = 0; position * size < rows.length; position++) {
      const part = partOf(position, lengths[text]!);
      addRow(sums[part], student[text]!, rows, mean, position * size, size);
    }
  });
  const all = none();
  for (const part of rowParts) {
    for (const key of ['rows', 'error', 'variance', 'square'] as const) all[key] += sums[part][key];
  }
  const measured = (of: Sums) => measure(of, size);
  return {
    start: measured(sums.start),
    content: measured(sums.content),
    afterEnd: measured(sums.afterEnd),
    all: measured(all),
  };
}

function partOf(position: number, length: number): RowPart {
  if (position === 0) return 'start';
  return position < length ? 'content' : 'afterEnd';
}

function none(): Sums {
  return { rows: 0, error: 0, variance: 0, square: 0 };
}

function addRow(
  sums: Sums,
  student: Float32Array,
  teacher: Float32Array,
  mean: Float64Array,
  begin: number,
  size: number,
): void {
  sums.rows++;
  for (let i = begin; i < begin + size; i++) {
    sums.error += (student[i]! - teacher[i]!) ** 2;
    sums.variance += (teacher[i]! - mean[i]!) ** 2;
    sums.square += teacher[i]! ** 2;
  }
}

function measure({ rows, error, variance, square }: Sums, size: number): PartMeasure {
  const varies = variance > rounding * square;
  return {
    rows,
    mse: error / (rows * size),
    variance: variance / (rows * size),
    r2: varies ? 1 - error / variance : Number.NaN,
  };
}

function meanOf(teacher: readonly Float32Array[]): Float64Array {
  const mean = new Float64Array(teacher[0]!.length);
  for (const rows of teacher) {
    for (let i = 0; i < rows.length; i++) mean[i]! += rows[i]! / teacher.length;
  }
  return mean;
}

function checkRows(
  student: readonly Float32Array[],
  teacher: readonly Float32Array[],
  lengths: ArrayLike<number>,
  size: number,
): void {
  const values = teacher[0]?.length ?? 0;
  const alike = [...student, ...teacher].every((rows) => rows.length === values);
  const texts = teacher.length;
  if (texts > 0 && alike && values % size === 0 && student.length === texts && lengths.length === texts)
    return;
  throw new InputError(
    `Rows of ${student.length} texts of a student, ${texts} of a teacher and ${lengths.length} lengths do not belong together.`,
    'Give the states of the same texts, of the same positions and size.',
  );
}
