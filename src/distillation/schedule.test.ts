import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cosineWithWarmup } from './schedule.ts';

interface Table {
  readonly total_steps: number;
  readonly warmup_steps: number;
  readonly lr: number;
  readonly values: readonly number[];
}

const golden = new URL('../../fixtures/golden/training/lr_schedule.json', import.meta.url);
const { tables, rtol } = JSON.parse(readFileSync(golden, 'utf8')) as { tables: Table[]; rtol: number };

test.each(tables)(
  'the cosine schedule is that of transformers for $total_steps steps, $warmup_steps of them warm-up, peak $lr',
  ({ total_steps, warmup_steps, lr, values }) => {
    const schedule = cosineWithWarmup({ peak: lr, warmupSteps: warmup_steps, totalSteps: total_steps });
    for (const [step, expected] of values.entries()) {
      expect(Math.abs(schedule(step) - expected), `step ${step}`).toBeLessThanOrEqual(rtol * expected);
    }
  },
);

test('without warm-up the schedule starts at the peak', () => {
  expect(cosineWithWarmup({ peak: 0.5, warmupSteps: 0, totalSteps: 10 })(0)).toBe(0.5);
});
