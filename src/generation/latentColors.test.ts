import { expect, it } from 'vitest';
import { floatTensor } from '../runtime/tensor.ts';
import { latentColors } from './latentColors.ts';

it('the colours of latents are one pixel a latent, grey where there is nothing, and follow each channel', () => {
  // Two pictures of 1 x 2 latents: only the first channel of the second picture's right latent is lit.
  const data = new Float32Array(2 * 4 * 2);
  data[2 * 4 + 1] = 1;
  const [dark, lit] = latentColors(floatTensor(data, [2, 4, 1, 2]));
  expect([dark?.width, dark?.height]).toEqual([2, 1]);
  const grey = [...(dark?.data ?? [])];
  expect(new Set(grey).size).toBe(1);
  expect(Math.abs((grey[0] as number) - 127.5)).toBeLessThan(1);
  const [left, right] = [[...(lit?.data ?? [])].slice(0, 3), [...(lit?.data ?? [])].slice(3)];
  expect(left).toEqual(grey.slice(0, 3));
  const rises = right.map((value, color) => (value - (left[color] as number)) / 127.5);
  rises.forEach((rise, color) => {
    expect(rise).toBeCloseTo([0.3512, 0.2297, 0.3227][color] as number, 1);
  });
});
