/**
 * The loss curves of a run, as the original project shows them: train and validation, and English and Korean.
 */
import { join } from 'node:path';
import { lineChart } from '../pictures/chart.ts';
import { chartWidth, saveFigure } from '../pictures/saveFigure.ts';
import { type EpochMetric, readMetrics, type StepMetric } from './runFolder.ts';

/** Draws curves.svg and curves.png from metrics.jsonl. Throws CheckpointError if that is missing or damaged. */
export async function drawCurves(run: string): Promise<void> {
  const metrics = await readMetrics(run);
  const steps = metrics.filter((metric): metric is StepMetric => metric.kind === 'step');
  const epochs = metrics.filter((metric): metric is EpochMetric => metric.kind === 'epoch');
  // Without validation pairs their losses are not-a-numbers.
  const validated = epochs.filter(({ validation }) => Number.isFinite(validation.lossEn + validation.lossKo));
  const last = validated.at(-1);
  const smooth = (value: (metric: StepMetric) => number) => smoothed(steps, value);
  const svg = lineChart({
    title: '손실 곡선 · Distillation loss',
    subtitle: last
      ? `epoch ${last.epoch}: valid en ${last.validation.lossEn.toFixed(4)}, ko ${last.validation.lossKo.toFixed(4)}`
      : '',
    xLabel: 'step',
    yLabel: 'MSE',
    logY: true,
    series: [
      { name: 'train en', color: '#9cc9e6', points: smooth((metric) => metric.lossEn) },
      { name: 'train ko', color: '#f2b48a', points: smooth((metric) => metric.lossKo) },
      {
        name: 'valid en',
        color: '#0072b2',
        points: validated.map((metric) => [metric.step, metric.validation.lossEn]),
      },
      {
        name: 'valid ko',
        color: '#d55e00',
        points: validated.map((metric) => [metric.step, metric.validation.lossKo]),
      },
    ],
  });
  await saveFigure(join(run, 'curves'), svg, chartWidth);
}

/** Means of consecutive steps, about 200 points in all: single steps are too noisy to read. */
function smoothed(steps: readonly StepMetric[], value: (metric: StepMetric) => number): [number, number][] {
  const size = Math.max(1, Math.round(steps.length / 200));
  const points: [number, number][] = [];
  // A last part of few steps would be noisier than the others: it is left out.
  for (let start = 0; start + size <= steps.length; start += size) {
    const part = steps.slice(start, start + size);
    points.push([part.at(-1)!.step, part.reduce((sum, metric) => sum + value(metric), 0) / part.length]);
  }
  return points;
}
