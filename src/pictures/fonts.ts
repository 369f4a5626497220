/**
 * The font that this project ships (Nanum Gothic, OFL), and drawing SVG with it: Korean text looks the same
 * on every machine, also on one without any font.
 *
 * Knows nothing about what is drawn.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { Resvg } from '@resvg/resvg-js';
import { InputError } from '../errors.ts';
import type { Image } from './image.ts';
import { decodePng } from './png.ts';

/** The family name inside the font files. */
export const fontFamily = 'NanumGothic';

/** For SVG that people also open in a browser, where the family may go by its other name or be missing. */
export const fontStack = `${fontFamily}, 'Nanum Gothic', 'Apple SD Gothic Neo', 'Malgun Gothic', sans-serif`;

export type FontWeight = 400 | 700;

const fontFolder = path.dirname(
  createRequire(import.meta.url).resolve('@expo-google-fonts/nanum-gothic/package.json'),
);

/** The shipped TrueType files by weight. */
export const fontFiles: Readonly<Record<FontWeight, string>> = {
  400: path.join(fontFolder, '400Regular', 'NanumGothic_400Regular.ttf'),
  700: path.join(fontFolder, '700Bold', 'NanumGothic_700Bold.ttf'),
};

export interface RasterizeOptions {
  /** Width of the result in pixels; without it, the SVG's own. The height follows. */
  readonly width?: number;
}

/**
 * The PNG file of an SVG document. System fonts are not looked at.
 * @throws InputError when the SVG cannot be parsed
 */
export function rasterizePng(svg: string, { width }: RasterizeOptions = {}): Uint8Array {
  try {
    const drawing = new Resvg(svg, {
      font: {
        loadSystemFonts: false,
        fontFiles: Object.values(fontFiles),
        defaultFontFamily: fontFamily,
        sansSerifFamily: fontFamily,
      },
      ...(width === undefined ? {} : { fitTo: { mode: 'width', value: width } }),
    });
    return drawing.render().asPng();
  } catch (error) {
    throw new InputError(
      `This SVG cannot be drawn: ${error instanceof Error ? error.message : String(error)}.`,
      'Check that it is well-formed SVG with a size.',
      { cause: error },
    );
  }
}

/** The picture of an SVG document (RGBA); see `rasterizePng`. */
export function rasterize(svg: string, options: RasterizeOptions = {}): Image {
  return decodePng(rasterizePng(svg, options)).image;
}
