/**
 * Reading and writing PNG files: the pixels, and the text that travels with them.
 *
 * Pictures made by Stable Diffusion carry their prompt and settings in a text chunk; `parameters.ts` knows
 * its grammar, this module only carries strings. Source: W3C, "Portable Network Graphics (PNG)
 * Specification (Third Edition)".
 */
import { deflateSync, inflateSync } from 'node:zlib';
import { InputError } from '../errors.ts';
import { type Chunk, damaged, joinChunks, splitChunks } from './chunks.ts';
import type { Image } from './image.ts';
import { type Layout, packedSize, packScanlines, unpackScanlines } from './scanlines.ts';
import { textChunk, textEntry } from './textchunk.ts';

export interface PngFile {
  readonly image: Image;
  /** The file's text chunks by keyword. */
  readonly text: Record<string, string>;
}

/** The colour types of the specification, by number: samples a pixel, and the depths that each allows. */
const colorTypes: Record<number, { channels: number; depths: readonly number[] }> = {
  0: { channels: 1, depths: [1, 2, 4, 8, 16] },
  2: { channels: 3, depths: [8, 16] },
  3: { channels: 1, depths: [1, 2, 4, 8] },
  4: { channels: 2, depths: [8, 16] },
  6: { channels: 4, depths: [8, 16] },
};

const palettePicture = 3;

/** Larger pictures are refused before memory is asked for: 2^28 pixels, 16384 x 16384. */
const maxPixels = 2 ** 28;

interface Header extends Layout {
  readonly colorType: number;
}

/**
 * A PNG file of an RGB or RGBA picture.
 *
 * @param text keyword to text; text that Latin-1 can write goes into tEXt, other (Korean) into iTXt as UTF-8
 * @throws InputError when the picture's data do not fit its size, or a keyword is none
 */
export function encodePng(image: Image, text: Readonly<Record<string, string>> = {}): Uint8Array {
  const { width, height, channels, data } = image;
  if (!(width > 0 && height > 0) || data.length !== width * height * channels) {
    throw new InputError(
      `A picture of ${width}x${height} with ${channels} channels cannot have ${data.length} bytes.`,
      'Give width x height x channels bytes.',
    );
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, channels === 4 ? 6 : 2, 0, 0, 0], 8);
  return joinChunks([
    { type: 'IHDR', data: header },
    ...Object.entries(text).map(([keyword, value]) => textChunk(keyword, value)),
    { type: 'IDAT', data: deflateSync(packScanlines(data, image), { level: 7 }) },
    { type: 'IEND', data: new Uint8Array(0) },
  ]);
}

/** The `data:` address of a PNG file. */
export function pngDataUri(file: Uint8Array): string {
  return `data:image/png;base64,${Buffer.from(file).toString('base64')}`;
}

/**
 * The picture and texts of a PNG file of any colour type and depth; 16-bit samples are rounded to 8.
 * RGBA when the file has transparency, else RGB.
 *
 * @throws InputError when the bytes are no PNG file, or a damaged one
 */
export function decodePng(bytes: Uint8Array): PngFile {
  const chunks = splitChunks(bytes);
  const header = readHeader(chunks[0]!);
  const samples = readSamples(chunks, header);
  const color = colorReader(chunks, header);
  const pixels = header.width * header.height;
  const data = new Uint8Array(pixels * color.channels);
  for (let i = 0; i < pixels; i++) {
    color.write(samples, i * header.channels, data, i * color.channels);
  }
  const text = Object.fromEntries(chunks.map(textEntry).filter((entry) => entry !== undefined));
  return { image: { width: header.width, height: header.height, channels: color.channels, data }, text };
}

/**
 * The size that a file says it has, before anything is unpacked.
 * @throws InputError when the bytes are no PNG file, or a damaged one
 */
export function pngSize(bytes: Uint8Array): { width: number; height: number } {
  const { width, height } = readHeader(splitChunks(bytes)[0]!);
  return { width, height };
}

function readHeader({ type, data }: Chunk): Header {
  if (type !== 'IHDR' || data.length !== 13) throw damaged('it does not start with a header');
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const width = view.getUint32(0);
  const height = view.getUint32(4);
  const [depth = 0, colorType = 0, compression, filtering, interlace = 0] = data.subarray(8);
  const known = colorTypes[colorType];
  if (!known?.depths.includes(depth) || compression !== 0 || filtering !== 0 || interlace > 1) {
    throw damaged(`its header says colour type ${colorType}, ${depth} bits, interlacing ${interlace}`);
  }
  if (width === 0 || height === 0) throw damaged(`its header says ${width}x${height} pixels`);
  if (width * height > maxPixels) {
    throw new InputError(`A picture of ${width}x${height} pixels is too large.`, 'Give a smaller picture.');
  }
  return { width, height, channels: known.channels, depth, interlaced: interlace === 1, colorType };
}

function readSamples(chunks: readonly Chunk[], header: Header): Uint16Array {
  const compressed = Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data));
  const expected = packedSize(header);
  try {
    const packed = inflateSync(compressed, { maxOutputLength: expected });
    if (packed.length < expected) throw new RangeError('rows are missing');
    return unpackScanlines(packed, header);
  } catch (error) {
    throw damaged('its pixels cannot be unpacked', error);
  }
}

/** Turns the samples of one pixel into 3 or 4 bytes of an Image. */
interface ColorReader {
  readonly channels: 3 | 4;
  readonly write: (samples: Uint16Array, from: number, bytes: Uint8Array, to: number) => void;
}

function colorReader(chunks: readonly Chunk[], { colorType, channels, depth }: Header): ColorReader {
  const transparency = chunks.find(({ type }) => type === 'tRNS')?.data;
  if (colorType === palettePicture) {
    return paletteReader(chunks.find(({ type }) => type === 'PLTE')?.data, transparency);
  }
  const colors = channels < 3 ? 1 : 3;
  const hasAlpha = channels > colors;
  // In pictures without alpha, tRNS names the one colour that is transparent.
  const key = hasAlpha || transparency === undefined ? undefined : transparentColor(transparency, colors);
  const scale = 255 / (2 ** depth - 1);
  return {
    channels: hasAlpha || key ? 4 : 3,
    write(samples, from, bytes, to) {
      for (let c = 0; c < 3; c++) bytes[to + c] = Math.round(samples[from + (c % colors)]! * scale);
      if (hasAlpha) bytes[to + 3] = Math.round(samples[from + colors]! * scale);
      else if (key) bytes[to + 3] = key.every((value, c) => samples[from + c] === value) ? 0 : 255;
    },
  };
}

function transparentColor(transparency: Uint8Array, colors: number): number[] {
  if (transparency.length < colors * 2) throw damaged('its transparent colour is cut off');
  const view = new DataView(transparency.buffer, transparency.byteOffset, transparency.byteLength);
  return Array.from({ length: colors }, (_, c) => view.getUint16(c * 2));
}

function paletteReader(palette: Uint8Array | undefined, alphas: Uint8Array | undefined): ColorReader {
  if (palette === undefined || palette.length % 3 !== 0) throw damaged('its palette is missing or cut off');
  return {
    channels: alphas ? 4 : 3,
    write(samples, from, bytes, to) {
      const index = samples[from]!;
      if (index * 3 >= palette.length) throw damaged(`a pixel asks for colour ${index} of its palette`);
      bytes.set(palette.subarray(index * 3, index * 3 + 3), to);
      if (alphas) bytes[to + 3] = alphas[index] ?? 255;
    },
  };
}
