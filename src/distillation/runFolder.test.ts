import { appendFile, mkdtemp, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import {
  appendMetric,
  type EpochMetric,
  type Progress,
  readCheckpoint,
  readMetrics,
  readProgress,
  recoverProgress,
  saveCheckpoint,
  truncateMetrics,
} from './runFolder.ts';

import type { StudentSnapshot } from './student.ts';

let run: string;

beforeEach(async () => {
  run = await mkdtemp(join(tmpdir(), 'ksd-run-'));
});

const at = (step: number, best: number): Progress => ({
  step,
  epoch: 1,
  stepInEpoch: 0,
  lossEn: 0,
  lossKo: 0,
  best: { step: best, loss: 1 },
});

const snapshot: StudentSnapshot = {
  step: 4,
  parameters: [
    {
      name: 'w',
      shape: [2],
      parameter: Float32Array.of(1, 2),
      firstMoment: Float32Array.of(3, 4),
      secondMoment: Float32Array.of(5, 6),
    },
  ],
  lossScale: { scale: 1024, goodSteps: 3, skipped: 2 },
};

async function save(progress: Progress): Promise<void> {
  await saveCheckpoint(run, { config: {}, tokenizerFiles: [], snapshot, progress });
}

test('what was saved is read again, with the state of the loss scale and without the steps that it skipped', async () => {
  await save(at(6, 6));
  expect(await readCheckpoint(run, [{ name: 'w', shape: [2] }])).toEqual(snapshot);
  expect(await readProgress(run)).toEqual(at(6, 6));
  await expect(readCheckpoint(run, [{ name: 'w', shape: [3] }])).rejects.toThrow(
    /has 2 values, but the student has 3/,
  );
});

function epochMetric(epoch: number, step: number, loss = 1): EpochMetric {
  const losses = { lossEn: loss, lossKo: loss };
  return { kind: 'epoch', step, epoch, train: { lossEn: 1, lossKo: 1 }, validation: losses };
}

test('a run killed while a checkpoint took the place of another still stands there', async () => {
  await save(at(3, 3));
  await rename(join(run, 'checkpoints', '3'), join(run, 'checkpoints', '.3.previous'));
  expect(await recoverProgress(run)).toMatchObject({ step: 3 });
});

test('a run killed between its two links has both right after', async () => {
  await save(at(3, 3));
  await save(at(6, 6));
  await rm(join(run, 'best'));
  await symlink(join('checkpoints', '3'), join(run, 'best'));
  await recoverProgress(run);
  expect(await readlink(join(run, 'best'))).toBe(join('checkpoints', '6'));
});

test('a link whose checkpoint is gone, or that became a file, is an error and no new beginning', async () => {
  await save(at(3, 3));
  await rm(join(run, 'checkpoints'), { recursive: true });
  await expect(readProgress(run)).rejects.toThrow(/state\.json does not exist/);
  await rm(join(run, 'last'));
  await writeFile(join(run, 'last'), '');
  await expect(readProgress(run)).rejects.toThrow(/not a link/);
});

test('an epoch that was noted but not saved is forgotten, and so is a torn line', async () => {
  await appendMetric(run, epochMetric(1, 3));
  await appendMetric(run, epochMetric(2, 6));
  await appendFile(join(run, 'metrics.jsonl'), '{"kind":"st');
  await truncateMetrics(run, at(6, 3));
  expect(await readMetrics(run)).toEqual([epochMetric(1, 3)]);
});

test('damaged metrics are an error, and stay as they are', async () => {
  await writeFile(join(run, 'metrics.jsonl'), 'no json\n{}\n');
  await expect(truncateMetrics(run, at(3, 3))).rejects.toThrow(/metrics\.jsonl is not valid JSON at line 1/);
});

test('losses that were never measured stay not-a-numbers', async () => {
  await appendMetric(run, epochMetric(1, 3, Number.NaN));
  expect(await readMetrics(run)).toEqual([epochMetric(1, 3, Number.NaN)]);
});
