import { expect, it } from 'vitest';
import { randomPart } from './random.ts';

it("agrees with PyTorch's random numbers in every golden case", async () => {
  let cases = 0;
  for await (const result of randomPart.check('fixtures/golden/random')) {
    expect(result).toMatchObject({ passed: true });
    cases++;
  }
  expect(cases).toBeGreaterThan(0);
});
