/**
 * How near a student's states are to its teacher's, where it matters which: a raw mean squared error hides that the
 * first row is the same for every text, and that most rows stand after the end of a text.
 *
 * Pure: rows in, numbers out. Knows no model and no file.
 */
import { InputError } from '../errors.ts';
import { meanOf, type RowPart, rounding, rowParts, type Squares, textSums } from './rowSums.ts';

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
  const texts = teacher.map((rows, i) => textSums(student[i]!, rows, mean, lengths[i]!, size));
  const measured = (part: RowPart | 'all') =>
    measure(texts.map(({ parts, all }) => (part === 'all' ? all : parts[part])));
  const [start, content, afterEnd] = rowParts.map(measured) as [PartMeasure, PartMeasure, PartMeasure];
  return { start, content, afterEnd, all: measured('all') };

  function measure(sums: readonly Squares[]): PartMeasure {
    const sum = (key: keyof Squares) => sums.reduce((total, one) => total + one[key], 0);
    const [rows, error, variance] = [sum('rows'), sum('error'), sum('variance')];
    const varies = variance > rounding * sum('square');
    return {
      rows,
      mse: error / (rows * size),
      variance: variance / (rows * size),
      r2: varies ? 1 - error / variance : Number.NaN,
    };
  }
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
