/**
 * What tells a checkpoint from any other: a hash of its bytes, the same wherever it lies.
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { unreadable } from './file.ts';

/** SHA-256 of a file, or of all files below a folder with their places in it. Throws CheckpointError for what cannot be read. */
export async function fingerprintOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    if ((await stat(path)).isFile()) await addFile(hash, path);
    else for (const file of await filesBelow(path)) await addNamed(hash, path, file);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  return hash.digest('hex');
}

/** In an order that no file system decides. Names that start with a dot are what is being written, or the system's own. */
async function filesBelow(folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const path = join(folder, name);
    if (name.startsWith('.')) continue;
    if ((await stat(path)).isDirectory()) files.push(...(await filesBelow(path)));
    else files.push(path);
  }
  return files;
}

async function addNamed(hash: Hash, folder: string, file: string): Promise<void> {
  const { size } = await stat(file);
  hash.update(`${relative(folder, file).split(sep).join('/')}\n${size}\n`);
  await addFile(hash, file);
}

async function addFile(hash: Hash, file: string): Promise<void> {
  await pipeline(createReadStream(file), async (pieces) => {
    for await (const piece of pieces) hash.update(piece as Buffer);
  });
}
