/**
 * Colours of a heat map that lies over a picture: a veil that opens where a word is read, and glows where it is read most.
 * Pure.
 */

const VEIL = [12, 13, 16] as const;
const GLOW = [255, 140, 60] as const;

/** `count` values in 0 to 255, base64, as RGBA: [count * 4]. Values that are missing are 0. */
export function heatPixels(base64: string, count: number): Uint8ClampedArray {
  const bytes = atob(base64);
  const pixels = new Uint8ClampedArray(count * 4);
  for (let at = 0; at < count; at++) {
    const heat = (at < bytes.length ? bytes.charCodeAt(at) : 0) / 255;
    const glow = heat ** 2;
    for (let channel = 0; channel < 3; channel++) {
      pixels[at * 4 + channel] = VEIL[channel]! * (1 - glow) + GLOW[channel]! * glow;
    }
    pixels[at * 4 + 3] = 255 * (0.72 * (1 - heat) ** 1.5 + 0.3 * glow);
  }
  return pixels;
}
