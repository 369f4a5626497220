/**
 * Where this package lies, and what of it weights need: a checkpoint in one file brings no tokenizer.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The nearest folder above that holds the package: how deep this file lies depends on how it was compiled. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

/** The tokenizer of Stable Diffusion v1's text encoder (CLIP ViT-L/14). */
export function packagedClipTokenizer(): string {
  return join(packageRoot(), 'models', 'clip-tokenizer');
}
