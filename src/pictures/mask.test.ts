import { expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { type Image, paste, solid } from './image.ts';
import { blurred, inverted } from './mask.ts';

/** The right half is white. */
const half = paste(solid(32, 8, [0, 0, 0]), solid(16, 8, [255, 255, 255]), 16, 0);
const row = ({ data }: Image) => Array.from({ length: 32 }, (_, x) => data[3 * x] as number);

it('turning a mask round twice gives it back', () => {
  expect(row(inverted(half))).toEqual(row(half).map((value) => 255 - value));
  expect([...inverted(inverted(half)).data]).toEqual([...half.data]);
});

it('blurring softens an edge where it was, and leaves what is far from it', () => {
  const soft = row(blurred(half, 2));
  expect(soft[0]).toBe(0);
  expect(soft[31]).toBe(255);
  // The normal distribution at half a pixel from the edge, and at two and a half.
  expect(soft[16]).toBeCloseTo(255 * 0.5987, -0.5);
  expect(soft[18]).toBeCloseTo(255 * 0.8944, -0.5);
  soft.forEach((value, x) => {
    expect(value + (soft[31 - x] as number)).toBeCloseTo(255, -0.5);
    if (x > 0) expect(value).toBeGreaterThanOrEqual(soft[x - 1] as number);
  });
});

it('blurring by nothing changes nothing, and by less is refused', () => {
  expect(blurred(half, 0)).toBe(half);
  for (const sigma of [-1, Number.NaN]) expect(() => blurred(half, sigma)).toThrow(InputError);
});
