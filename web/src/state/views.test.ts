/** What events make of a job and of a run, and what is read out of results. */
import { describe, expect, it } from 'vitest';
import type { Job } from '../../../src/server/contract/job.ts';
import type { Run } from '../../../src/server/contract/workbench.ts';
import { beforeAndAfter, expectedColumns, ofLanguage, previewAt, previewSteps } from './comparison.ts';
import { oneOfEach } from './figures.ts';
import { heatPixels } from './heat.ts';
import { afterEvent, fraction, nextToFollow, viewOf } from './jobView.ts';
import { afterRunEvent, lossCurves, MOST_POINTS } from './runView.ts';

const job: Job = {
  id: '1',
  state: 'running',
  request: { kind: 'generate', prompt: 'a', negativePrompt: '', count: 1, previewEvery: 1 },
  createdAt: '2026-01-01T00:00:00Z',
};

describe('a job', () => {
  const progress = { stage: 'drawing', done: 5, total: 20 } as const;

  it('keeps the latest preview of each column, also through steps that have none', () => {
    let view = viewOf(job);
    view = afterEvent(view, { kind: 'step', progress, previews: ['a'] });
    view = afterEvent(view, { kind: 'step', progress, column: 1, previews: ['b'] });
    view = afterEvent(view, { kind: 'step', progress: { ...progress, done: 6 }, etaSeconds: 3 });
    expect(view.previews).toEqual({ 0: ['a'], 1: ['b'] });
    expect(view.etaSeconds).toBe(3);
    expect(fraction(view.progress)).toBe(0.3);
  });

  it('is followed in its turn, and only a few at a time', () => {
    const views = ['3', '1', '2', '4'].map((id) =>
      viewOf({ ...job, id, state: id === '1' ? 'done' : 'queued' }),
    );
    expect(nextToFollow(views, new Set())).toEqual(['2', '3']);
    expect(nextToFollow(views, new Set(['2']))).toEqual(['3']);
    expect(nextToFollow(views, new Set(['2', '3']))).toEqual([]);
  });

  it('shows no preview once it has ended', () => {
    const drawn = afterEvent(viewOf(job), { kind: 'step', progress, previews: ['a'] });
    const ended = afterEvent(drawn, { kind: 'job', job: { ...job, state: 'cancelled' } });
    expect(ended.previews).toEqual({});
    expect(ended.job.state).toBe('cancelled');
  });
});

describe('a comparison', () => {
  const request = { kind: 'compare', ko: '사과', en: 'apple', negativePrompt: '' } as const;

  it('stands in the order of the figures: original, before, after', () => {
    const columns = expectedColumns(request, ['roberta', 'clip']);
    expect(columns.map(({ encoder, language }) => `${encoder} ${language}`)).toEqual([
      'original en',
      'original ko',
      'roberta ko',
      'clip ko',
      'roberta en',
      'clip en',
    ]);
    expect(ofLanguage(columns, 'en').map(({ index }) => index)).toEqual([0, 4, 5]);
    expect(beforeAndAfter(columns)).toEqual([1, 2]);
  });

  it('shows at a step what a column last showed', () => {
    const column = (previews: number[]) => ({ previews }) as Parameters<typeof previewAt>[0];
    expect(previewSteps([column([1, 5]), column([3, 5])])).toEqual([1, 3, 5]);
    expect(previewAt(column([1, 5]), 3)).toBe(1);
    expect(previewAt(column([3, 5]), 1)).toBe(3);
  });
});

describe('a run', () => {
  const point = (step: number) => ({ step, lossEn: 1, lossKo: 2, learningRate: 1e-3, pairsPerSecond: 9 });
  const run: Run = {
    name: 'a',
    state: 'running',
    student: 'roberta',
    epoch: 0,
    epochs: 2,
    step: 20,
    changedAt: '2026-01-01T00:00:00Z',
    text: '',
    steps: [point(10), point(20)],
    epochsDone: [],
    samples: [2],
  };

  it('grows by points, and repeats none after it went on from a checkpoint', () => {
    const grown = afterRunEvent(run, { kind: 'step', step: point(30) });
    expect(grown?.steps.map(({ step }) => step)).toEqual([10, 20, 30]);
    const resumed = afterRunEvent(grown, { kind: 'step', step: point(20) });
    expect(resumed?.steps.map(({ step }) => step)).toEqual([10, 20]);
  });

  it('thins its points when there are many and keeps the newest', () => {
    let long: Run | undefined = run;
    for (let step = 21; step < MOST_POINTS * 2; step++)
      long = afterRunEvent(long, { kind: 'step', step: point(step) });
    expect(long!.steps.length).toBeLessThanOrEqual(MOST_POINTS);
    expect(long!.steps.at(-1)?.step).toBe(MOST_POINTS * 2 - 1);
  });

  it('takes a new summary, and samples in their order', () => {
    const { steps, epochsDone, samples, text, ...summary } = run;
    const stopped = afterRunEvent(run, { kind: 'summary', summary: { ...summary, state: 'stopped' } });
    expect(stopped).toMatchObject({ state: 'stopped', steps });
    expect(afterRunEvent(run, { kind: 'sample', epoch: 1 })?.samples).toEqual([1, 2]);
    expect({ epochsDone, samples, text }).toBeDefined();
  });

  it('lays both kinds of points over one axis, without values that a logarithm does not have', () => {
    const losses = { lossEn: 0.5, lossKo: 0 };
    const curves = lossCurves([point(10)], [{ epoch: 1, step: 15, train: losses, validation: losses }]);
    expect(curves).toEqual({
      steps: [10, 15],
      trainEn: [1, null],
      trainKo: [2, null],
      validEn: [null, 0.5],
      validKo: [null, null],
    });
  });
});

it('shows a figure once that is there in two forms', () => {
  expect(oneOfEach(['a.png', 'a.svg', 'b.svg'])).toEqual(['a.png', 'b.svg']);
});

it('opens the veil of a heat map where a word is read', () => {
  const pixels = heatPixels(btoa(String.fromCharCode(0, 255)), 3);
  const alpha = [pixels[3]!, pixels[7]!, pixels[11]!];
  expect(pixels.length).toBe(12);
  expect(alpha[0]).toBeGreaterThan(alpha[1]!);
  // A value that is missing is cold.
  expect(alpha[2]).toBe(alpha[0]);
});
