import { expect, it } from 'vitest';
import { unetPart } from './unet.ts';

it('agrees with diffusers in every golden U-Net case, inside and out', async () => {
  let cases = 0;
  for await (const result of unetPart.check('fixtures/golden/unet')) {
    expect(result).toMatchObject({ passed: true });
    cases++;
  }
  expect(cases).toBeGreaterThan(0);
});
