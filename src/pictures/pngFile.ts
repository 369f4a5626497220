/**
 * Pictures in PNG files.
 */
import { readBytes } from '../checkpoint/file.ts';
import { InputError, KsdError } from '../errors.ts';
import type { Image } from './image.ts';
import { decodePng } from './png.ts';

/** Throws CheckpointError if the file cannot be read, InputError naming it if it is no sound PNG file. */
export async function readPng(path: string): Promise<Image> {
  const bytes = await readBytes(path);
  try {
    return decodePng(bytes).image;
  } catch (cause) {
    if (cause instanceof KsdError) throw new InputError(`${path}: ${cause.problem}`, cause.remedy, { cause });
    throw cause;
  }
}
