/**
 * The captions of the emoji world, in English and Korean, with the scene that each describes.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonLines } from '../checkpoint/json.ts';
import { invalid } from './emojiIndex.ts';
import type { Scene } from './emojiWorld.ts';

const schema = z.object({
  en: z.string().min(1),
  ko: z.string().min(1),
  style: z.enum(['noto', 'twemoji']),
  background: z.string(),
  size: z.enum(['large', 'small', 'pair']),
  objects: z.array(z.string()).min(1),
  kind: z.string(),
});

export interface Caption extends Scene {
  readonly en: string;
  readonly ko: string;
  /** How the caption came about: see the README of models/emoji-sd. */
  readonly kind: string;
}

export interface Captions {
  /** What the model, and a student after it, may have read. */
  readonly train: readonly Caption[];
  /** Scenes that stand in no training caption of either language. */
  readonly heldOut: readonly Caption[];
}

/** The captions in the folder models/emoji-sd. Throws CheckpointError naming file and row. */
export async function readCaptions(folder: string): Promise<Captions> {
  const captions = join(folder, 'captions');
  return readCaptionFiles({
    train: join(captions, 'train.jsonl'),
    heldOut: join(captions, 'held_out.jsonl'),
  });
}

/** The same of two files. */
export async function readCaptionFiles(paths: Readonly<Record<keyof Captions, string>>): Promise<Captions> {
  return { train: await readRows(paths.train), heldOut: await readRows(paths.heldOut) };
}

async function readRows(path: string): Promise<Caption[]> {
  const rows: Caption[] = [];
  for await (const value of readJsonLines(path)) {
    const result = schema.safeParse(value);
    if (!result.success) throw invalid(`${path}, row ${rows.length + 1}`, result.error);
    rows.push(result.data);
  }
  return rows;
}
