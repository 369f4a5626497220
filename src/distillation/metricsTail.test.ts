import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { lastMetrics, tailMetrics } from './metricsTail.ts';
import { appendMetric, type StepMetric, truncateMetrics } from './runFolder.ts';

async function emptyRun(): Promise<string> {
  const run = await mkdtemp(join(tmpdir(), 'ksd-metrics-'));
  onTestFinished(() => rm(run, { recursive: true, force: true }));
  return run;
}

function stepMetric(step: number): StepMetric {
  return { kind: 'step', step, epoch: 1, lossEn: 0.5, lossKo: 0.25, learningRate: 1e-3, pairsPerSecond: 9 };
}

const line = (step: number) => `${JSON.stringify(stepMetric(step))}\n`;

test('however a file of metrics grows, each line comes once, whole and in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(400), { maxLength: 12 }), async (cuts) => {
      const run = await mkdtemp(join(tmpdir(), 'ksd-metrics-'));
      const text = [1, 2, 3, 4].map(line).join('');
      const tail = tailMetrics(run);
      const seen: number[] = [];
      let before = 0;
      try {
        for (const cut of [...cuts.sort((a, b) => a - b), text.length]) {
          await appendFile(join(run, 'metrics.jsonl'), text.slice(before, cut));
          before = Math.max(before, Math.min(cut, text.length));
          const { restarted, metrics } = await tail.read();
          expect(restarted).toBe(false);
          seen.push(...metrics.map(({ step }) => step));
        }
        expect(seen).toEqual([1, 2, 3, 4]);
      } finally {
        await rm(run, { recursive: true });
      }
    }),
    { numRuns: 30 },
  );
});

test('a run without metrics has none yet', async () => {
  const run = await emptyRun();
  const tail = tailMetrics(run);
  expect(await tail.read()).toEqual({ restarted: false, metrics: [] });
  expect(await lastMetrics(run)).toEqual([]);
  await appendMetric(run, stepMetric(1));
  expect(await tail.read()).toEqual({ restarted: false, metrics: [stepMetric(1)] });
});

test('a run that goes on from an earlier step tells all of its metrics again', async () => {
  const run = await emptyRun();
  const tail = tailMetrics(run);
  for (const step of [1, 2, 3]) await appendMetric(run, stepMetric(step));
  await tail.read();
  await truncateMetrics(run, { step: 2, epoch: 0, stepInEpoch: 2, lossEn: 0, lossKo: 0 });
  await appendMetric(run, stepMetric(3));
  const { restarted, metrics } = await tail.read();
  expect(restarted).toBe(true);
  expect(metrics.map(({ step }) => step)).toEqual([1, 2, 3]);
});

test('the last metrics of a long file are whole lines', async () => {
  const run = await emptyRun();
  const all = Array.from({ length: 1000 }, (_, i) => line(i + 1)).join('');
  await writeFile(join(run, 'metrics.jsonl'), `${all}{"kind":"st`);
  const steps = (await lastMetrics(run)).map(({ step }) => step);
  expect(steps.length).toBeGreaterThan(50);
  expect(steps).toEqual(Array.from({ length: steps.length }, (_, i) => 1001 - steps.length + i));
});

test('a damaged line is an error that names the file and the line', async () => {
  const run = await emptyRun();
  await writeFile(join(run, 'metrics.jsonl'), `${line(1)}{"kind": broken}\n${line(2)}`);
  await expect(tailMetrics(run).read()).rejects.toThrow(/metrics\.jsonl is not valid JSON at line 2/);
});
