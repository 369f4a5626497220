/**
 * What an evaluation notes of the students that it measured, so that others can be compared with it.
 */
import { dirname, join } from 'node:path';
import { isFile } from '../catalog/packaged.ts';
import type { StudentFolder } from '../catalog/students.ts';
import { fingerprintOf } from '../checkpoint/fingerprint.ts';
import { readJsonObject } from '../checkpoint/json.ts';
import type { MeasuredStudent } from '../evaluation/report/evaluationReport.ts';

export async function measuredStudents(students: readonly StudentFolder[]): Promise<MeasuredStudent[]> {
  const measured: MeasuredStudent[] = [];
  for (const { name, folder } of students) {
    const trainPairs = await trainPairsOf(folder);
    const weights = await fingerprintOf(folder);
    measured.push({ name, weights, ...(trainPairs === undefined ? {} : { trainPairs }) });
  }
  return measured;
}

/** A checkpoint lies in its run as `best`, `last` or checkpoints/<step>; the run says what it learnt from. */
async function trainPairsOf(folder: string): Promise<number | undefined> {
  for (const run of [dirname(folder), dirname(dirname(folder))]) {
    const facts = join(run, 'run.json');
    if (!(await isFile(facts))) continue;
    const { trainPairs } = await readJsonObject(facts);
    return typeof trainPairs === 'number' ? trainPairs : undefined;
  }
  return undefined;
}
