/**
 * How the weights of a prompt act: on the states that come out of the text encoder, as in AUTOMATIC1111's web UI ("Original").
 */

/**
 * Multiplies each row of `states` [tokens, width] by its weight, then all of them by one factor that brings back the mean over
 * the whole tensor, in place. Weights that are all 1 change nothing. The second step is left out where the weights turn the
 * sign of the mean or bring it to 0: there is no factor that would not turn all states around.
 */
export function emphasize(states: Float32Array, weights: Float32Array): void {
  if (weights.every((weight) => weight === 1)) return;
  const width = states.length / weights.length;
  const before = sumOf(states);
  for (let i = 0; i < states.length; i++) {
    states[i] = (states[i] as number) * (weights[Math.floor(i / width)] as number);
  }
  const factor = before / sumOf(states);
  if (!(Number.isFinite(factor) && factor > 0)) return;
  for (let i = 0; i < states.length; i++) states[i] = (states[i] as number) * factor;
}

function sumOf(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
