import { expect, it } from 'vitest';
import { vaePart } from './vae.ts';

it('agrees with diffusers in every golden autoencoder case, under old and new tensor names', async () => {
  let cases = 0;
  for await (const result of vaePart.check('fixtures/golden/vae')) {
    expect(result).toMatchObject({ passed: true });
    cases++;
  }
  expect(cases).toBeGreaterThan(0);
});
