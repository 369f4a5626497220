/**
 * Where the TAESD of a model is found that nobody named.
 */
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isThere } from '../checkpoint/file.ts';

/** Files of TAESD that are found beside a model, or in its folder. */
const usualNames = ['taesd_decoder.safetensors', 'taesd.safetensors', 'taesd_decoder.pth', 'taesd'];

/** The first one that is there. */
export async function taesdBeside(model: string): Promise<string | undefined> {
  const isFolder = (await stat(model)).isDirectory();
  const folders = isFolder ? [model, dirname(model)] : [dirname(model)];
  for (const path of folders.flatMap((folder) => usualNames.map((name) => join(folder, name)))) {
    if (await isThere(path)) return path;
  }
  return undefined;
}
