/**
 * Heat maps laid over pictures. Knows nothing of what is hot.
 */
import { type Color, flatten, type Image } from './image.ts';

/**
 * Nine colours of "inferno" by Nathaniel Smith and Stéfan van der Walt (matplotlib, CC0), from 0 to 1: equal steps of the
 * value look equally large, also to the colour-blind and in print.
 */
const inferno: readonly Color[] = [
  [0, 0, 4],
  [33, 12, 74],
  [87, 16, 110],
  [138, 34, 106],
  [188, 55, 84],
  [228, 90, 49],
  [249, 142, 9],
  [249, 203, 53],
  [252, 255, 164],
];

/** The colour of a value; what lies outside 0 to 1 has the colour of the nearer end. */
export function heatColor(value: number): Color {
  const at = Math.min(1, Math.max(0, value)) * (inferno.length - 1);
  const first = Math.min(inferno.length - 2, Math.floor(at));
  const [from, to] = [inferno[first], inferno[first + 1]] as [Color, Color];
  const mixed = from.map((channel, i) => Math.round(channel + (at - first) * ((to[i] as number) - channel)));
  return mixed as unknown as Color;
}

/** How much of the colours is the map's, the rest is the picture's grey. */
const strength = 0.68;

/** The picture in grey under the colours of `map` [height * width], values 0 to 1. */
export function heatOverlay(picture: Image, map: Float32Array): Image {
  const { width, height, data } = flatten(picture);
  const mixed = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const [red = 0, green = 0, blue = 0] = data.subarray(3 * i, 3 * i + 3);
    // Rec. 601, as Pillow makes grey.
    const grey = 0.299 * red + 0.587 * green + 0.114 * blue;
    const color = heatColor(map[i] as number);
    for (let c = 0; c < 3; c++)
      mixed[3 * i + c] = Math.round(strength * (color[c] as number) + (1 - strength) * grey);
  }
  return { width, height, channels: 3, data: mixed };
}
