import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomStream } from '../random/stream.ts';
import { embeddingMeasures } from './embeddingMeasures.ts';

const [positions, size] = [5, 3];
const lengths = [2, 3, 4, 2];

/** Rows whose first is the same for all texts, as a start token's are. */
function teacherRows(seed: number): Float32Array[] {
  return lengths.map((_, text) => {
    const rows = randomStream(seed, 'rows', text).normals(positions * size, 1);
    rows.set([7, 8, 9]);
    return rows;
  });
}

test('a student that is its teacher explains all of it, where anything varies', () => {
  const teacher = teacherRows(1);
  const measures = embeddingMeasures(teacher, teacher, lengths, size);
  expect(measures.content).toMatchObject({ rows: 7, mse: 0, r2: 1 });
  expect(measures.afterEnd).toMatchObject({ rows: 9, mse: 0, r2: 1 });
  expect(measures.start).toMatchObject({ rows: 4, mse: 0, r2: Number.NaN });
  expect(measures.all.rows).toBe(positions * lengths.length);
});

test('a student that always gives the mean of the position explains nothing', () => {
  const teacher = teacherRows(2);
  const mean = teacher[0]!.map((_, i) => teacher.reduce((sum, rows) => sum + rows[i]!, 0) / teacher.length);
  const { all, content, afterEnd } = embeddingMeasures(
    teacher.map(() => mean),
    teacher,
    lengths,
    size,
  );
  for (const { r2, mse, variance } of [all, content, afterEnd]) {
    expect(r2).toBeCloseTo(0, 5);
    expect(mse).toBeCloseTo(variance, 5);
  }
});

test('an error stays in the part whose rows have it, and the parts make up the whole', () => {
  fc.assert(
    fc.property(
      fc.nat(1000),
      fc.integer({ min: 0, max: 3 }),
      fc.nat(positions - 1),
      (seed, text, position) => {
        const teacher = teacherRows(seed);
        const student = teacher.map((rows) => rows.slice());
        student[text]![position * size] = teacher[text]![position * size]! + 2;
        const measures = embeddingMeasures(student, teacher, lengths, size);
        const part = position === 0 ? 'start' : position < lengths[text]! ? 'content' : 'afterEnd';
        for (const name of ['start', 'content', 'afterEnd'] as const) {
          const { mse, rows } = measures[name];
          expect(mse * rows * size).toBeCloseTo(name === part ? 4 : 0, 4);
        }
        expect(measures.all.mse * measures.all.rows * size).toBeCloseTo(4, 4);
      },
    ),
  );
});

test('rows of other texts are refused', () => {
  const teacher = teacherRows(1);
  expect(() => embeddingMeasures(teacher.slice(1), teacher, lengths, size)).toThrow(/do not belong together/);
});
