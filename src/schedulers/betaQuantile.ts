/**
 * Quantiles of the symmetric beta distribution. Knows nothing of diffusion.
 */

/** Halvings of an interval until it is below double precision. */
const halvings = 60;

/** Far more terms than the series needs on the lower half, where its terms fall at least as 2^-n. */
const terms = 80;

/** The value below which a share of the distribution with both parameters `shape` lies. `share`: 0 to 1. */
export function betaQuantile(share: number, shape: number): number {
  if (share > 0.5) return 1 - betaQuantile(1 - share, shape);
  // The distribution is symmetric: the integral up to the middle is half of all.
  const wanted = share * 2 * integral(0.5, shape);
  let [low, high] = [0, 0.5];
  for (let i = 0; i < halvings; i++) {
    const middle = (low + high) / 2;
    if (integral(middle, shape) < wanted) low = middle;
    else high = middle;
  }
  return share === 0 ? 0 : (low + high) / 2;
}

/**
 * The incomplete beta function, the integral of (t (1 - t))^(shape - 1) from 0 to `x`, at most a half: the binomial
 * series of (1 - t)^(shape - 1), term by term (Abramowitz and Stegun, "Handbook of mathematical functions", 26.5.4).
 */
function integral(x: number, shape: number): number {
  let coefficient = 1;
  let sum = 0;
  for (let n = 0; n < terms; n++) {
    sum += (coefficient * x ** n) / (shape + n);
    coefficient *= (n + 1 - shape) / (n + 1);
  }
  return x ** shape * sum;
}
