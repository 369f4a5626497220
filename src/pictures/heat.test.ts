import fc from 'fast-check';
import { expect, test } from 'vitest';
import { heatColor, heatOverlay } from './heat.ts';
import { solid } from './image.ts';

const brightness = ([red, green, blue]: readonly number[]) => 0.299 * red! + 0.587 * green! + 0.114 * blue!;

test('a hotter place is brighter, on any picture', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 0.95, noNaN: true }),
      fc.integer({ min: 0, max: 255 }),
      (value, grey) => {
        expect(brightness(heatColor(value + 0.05))).toBeGreaterThan(brightness(heatColor(value)));
        const { data } = heatOverlay(solid(2, 1, [grey, grey, grey]), Float32Array.of(value, value + 0.05));
        expect(brightness([...data.subarray(3, 6)])).toBeGreaterThanOrEqual(
          brightness([...data.subarray(0, 3)]),
        );
      },
    ),
  );
});

test('values outside 0 to 1 have the colours of the ends', () => {
  expect(heatColor(-3)).toEqual(heatColor(0));
  expect(heatColor(7)).toEqual(heatColor(1));
  expect(heatColor(1)).toEqual([252, 255, 164]);
});

test('what a picture shows is still seen under an even map', () => {
  const picture = { width: 2, height: 1, channels: 3, data: Uint8Array.of(0, 0, 0, 255, 255, 255) } as const;
  const { data } = heatOverlay(picture, Float32Array.of(0.5, 0.5));
  expect(brightness([...data.subarray(3, 6)]) - brightness([...data.subarray(0, 3)])).toBeGreaterThan(60);
});
