/**
 * Pictures in PNG files.
 */
import { readBytes } from '../checkpoint/file.ts';
import type { Image } from './image.ts';
import { decodePng } from './png.ts';

/** Throws CheckpointError if the file cannot be read, and as `decodePng` does. */
export async function readPng(path: string): Promise<Image> {
  return decodePng(await readBytes(path)).image;
}
