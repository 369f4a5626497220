/**
 * Writes a Stable Diffusion folder in the layout of Hugging Face's diffusers: another one's components, with a text
 * encoder and a tokenizer of their own.
 *
 * Knows no model: which text encoder fits which U-Net is the caller's to check.
 */
import { createReadStream } from 'node:fs';
import { link, mkdir, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { CheckpointError } from '../errors.ts';
import { writeAll, writeFileAtomic, writeFolderAtomic } from './atomic.ts';
import { unreadable } from './file.ts';
import { type JsonObject, readJsonObject, writeJson } from './json.ts';
import {
  type FileContents,
  type ModelToWrite,
  refuseStrangers,
  writeContents,
  writeModel,
} from './textEncoderWriter.ts';

export interface PipelineToWrite {
  /** The folder that all other components come from. */
  readonly model: string;
  readonly textEncoder: ModelToWrite & { readonly className: string };
  readonly tokenizer: { readonly className: string; readonly files: FileContents };
  /** Give large files a second name on the same disk instead of copying them, where the disk can. */
  readonly link?: boolean;
  /** Told after each file of the other components. */
  readonly onFile?: (done: number, total: number) => void;
}

const indexFile = 'model_index.json';
const own = ['text_encoder', 'tokenizer'];

/**
 * Writes the folder as a whole, replacing an earlier pipeline. Throws CheckpointError if `model` is not such a folder, if
 * `folder` lies in it, around it or holds anything else, or if the file system refuses.
 */
export async function writeDiffusersFolder(folder: string, pipeline: PipelineToWrite): Promise<void> {
  const { model, textEncoder, tokenizer, onFile = () => {} } = pipeline;
  await refuseOverlap(folder, model);
  const index = await readJsonObject(join(model, indexFile));
  const components = await componentsOf(model, index);
  await refuseStrangers(folder, [indexFile, ...own, ...Object.keys(index)], 'a pipeline');
  const files = (await Promise.all(components.map((name) => filesIn(model, name)))).flat();
  await writeFolderAtomic(folder, async (temporary) => {
    for (const [i, file] of files.entries()) {
      await transfer(join(model, file), join(temporary, file), pipeline.link === true);
      onFile(i + 1, files.length);
    }
    await writeModel(join(temporary, 'text_encoder'), textEncoder);
    await writeContents(join(temporary, 'tokenizer'), tokenizer.files);
    await writeJson(join(temporary, indexFile), {
      ...withoutMissing(index, components),
      text_encoder: ['transformers', textEncoder.className],
      tokenizer: ['transformers', tokenizer.className],
    });
  });
}

/** The components that the index names and the folder has, but for those that are replaced. */
async function componentsOf(model: string, index: JsonObject): Promise<string[]> {
  const names: string[] = [];
  for (const [name, entry] of Object.entries(index)) {
    if (own.includes(name) || !Array.isArray(entry) || entry[1] === null) continue;
    const status = await stat(join(model, name)).catch(() => undefined);
    if (status?.isDirectory()) names.push(name);
  }
  return names;
}

/** A component that people left out, such as the safety checker, is null in the index: diffusers looks for all others. */
function withoutMissing(index: JsonObject, present: readonly string[]): JsonObject {
  return Object.fromEntries(
    Object.entries(index).map(([name, entry]) =>
      Array.isArray(entry) && !present.includes(name) ? [name, [null, null]] : [name, entry],
    ),
  );
}

/** Files at any depth below `root/name`, relative to `root`. */
async function filesIn(root: string, name: string): Promise<string[]> {
  const entries = await readdir(join(root, name), { recursive: true }).catch((cause) => {
    throw unreadable(join(root, name), cause);
  });
  const files: string[] = [];
  for (const entry of entries.sort()) {
    const path = join(name, entry);
    if ((await stat(join(root, path))).isFile()) files.push(path);
  }
  return files;
}

/** Contents, not symbolic links: Hugging Face's cache consists of those. */
async function transfer(from: string, to: string, linked: boolean): Promise<void> {
  const source = await realpath(from);
  if (linked) {
    await mkdir(dirname(to), { recursive: true });
    const done = await link(source, to).then(
      () => true,
      () => false,
    );
    // Another disk, or one without hard links.
    if (done) return;
  }
  await writeFileAtomic(to, async (handle) => {
    for await (const chunk of createReadStream(source, { highWaterMark: 2 ** 22 })) {
      await writeAll(handle, chunk as Uint8Array);
    }
  });
}

async function refuseOverlap(folder: string, model: string): Promise<void> {
  const [to, from] = [resolve(folder), resolve(model)];
  const within = (inner: string, outer: string) => inner === outer || inner.startsWith(outer + sep);
  if (!within(to, from) && !within(from, to)) return;
  throw new CheckpointError(
    `${folder} is ${model} itself, or one lies in the other.`,
    'Give a folder elsewhere: the model is read while the new one is written.',
  );
}
