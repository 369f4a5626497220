/**
 * Pictures as they arrive in requests: PNG in base64, refused before they are unpacked if they would take too much memory.
 */
import { InputError, KsdError } from '../errors.ts';
import { decodePng, type PngFile, pngSize } from '../pictures/png.ts';
import { FieldError } from './errors.ts';

/** The bytes of base64, with or without `data:image/png;base64,`. */
export function pngBytes(base64: string): Uint8Array {
  return Buffer.from(base64.replace(/^data:image\/png;base64,/, ''), 'base64');
}

/** The picture of a field. Throws FieldError for what is none, or larger than `pixels`. */
export function readPngField(field: string, base64: string, pixels: number): PngFile {
  if (!/^(?:data:image\/png;base64,)?[A-Za-z0-9+/\s_-]*={0,2}\s*$/.test(base64)) {
    throw new FieldError(field, 'This is no base64.', 'Send a PNG file in base64.');
  }
  return readPng(field, pngBytes(base64), pixels);
}

/** The same from the bytes of a file. */
export function readPng(field: string, bytes: Uint8Array, pixels: number): PngFile {
  try {
    const { width, height } = pngSize(bytes);
    if (width * height > pixels) {
      throw new InputError(
        `A picture of ${width}x${height} pixels is too large for this server.`,
        `Send one of at most ${pixels} pixels.`,
      );
    }
    return decodePng(bytes);
  } catch (error) {
    if (!(error instanceof KsdError)) throw error;
    throw new FieldError(field, error.problem, error.remedy, { cause: error });
  }
}
