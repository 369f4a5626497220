import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { betaQuantile } from './betaQuantile.ts';

const share = fc.double({ min: 0, max: 1, noNaN: true });

describe('the quantiles of the symmetric beta distribution', () => {
  it('are the shares themselves for the uniform one', () => {
    fc.assert(fc.property(share, (p) => Math.abs(betaQuantile(p, 1) - p) < 1e-9));
  });

  it('are those of the arcsine distribution for a half', () => {
    fc.assert(
      fc.property(share, (p) => Math.abs(betaQuantile(p, 0.5) - Math.sin((Math.PI * p) / 2) ** 2) < 1e-9),
    );
  });

  it('undo the distribution 3x² - 2x³ of parameter 2', () => {
    fc.assert(
      fc.property(share, (p) => {
        const x = betaQuantile(p, 2);
        return Math.abs(3 * x ** 2 - 2 * x ** 3 - p) < 1e-9;
      }),
    );
  });

  it('go from 0 to 1', () => {
    expect([0, 0.5, 1].map((p) => betaQuantile(p, 0.6))).toEqual([0, expect.closeTo(0.5, 12), 1]);
  });
});
