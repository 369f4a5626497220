import { expect, test } from 'vitest';
import { growthInterval, type LossScale, nextLossScale } from './lossScale.ts';

test('a skipped step halves the scale, and many good ones in a row double it', () => {
  let at: LossScale = { scale: 64, goodSteps: 0, skipped: 0 };
  at = nextLossScale(nextLossScale(at, true), false);
  expect(at).toEqual({ scale: 32, goodSteps: 0, skipped: 1 });
  for (let i = 1; i < growthInterval; i++) at = nextLossScale(at, true);
  expect(at).toEqual({ scale: 32, goodSteps: growthInterval - 1, skipped: 1 });
  expect(nextLossScale(at, false)).toEqual({ scale: 16, goodSteps: 0, skipped: 2 });
  expect(nextLossScale(at, true)).toEqual({ scale: 64, goodSteps: 0, skipped: 1 });
});

test('gradients that overflow without a scale end the training with what to do', () => {
  expect(() => nextLossScale({ scale: 1, goodSteps: 0, skipped: 16 }, false)).toThrow(
    /training\.precision: f32/,
  );
});
