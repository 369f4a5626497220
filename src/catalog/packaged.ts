/**
 * What comes with this package: a small Stable Diffusion of emoji and students distilled from it, so that every command
 * works on a fresh machine, from any folder.
 */
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { packageRoot } from '../checkpoint/packageRoot.ts';

const root = packageRoot();

/** The emoji that the packaged model draws: their pictures and captions, which recognise what was drawn. */
export const emojiWorldFolder = join(root, 'models', 'emoji-sd');

/** Captions of scenes that neither the packaged model nor its students have read. */
export const heldOutCaptions = join(emojiWorldFolder, 'captions', 'held_out.jsonl');

export const packagedModel = {
  folder: join(emojiWorldFolder, 'model'),
  /** Its README measured that 7.5, the guidance that the full-size models are used with, spoils backgrounds. */
  guidance: 5,
} as const;

/** What the packaged students learnt from. */
export const packagedPairs = join(emojiWorldFolder, 'captions', 'train.jsonl');

/** Names the version of this package and what it depends on. */
export const packageFile = join(root, 'package.json');

const studentsFolder = join(root, 'models', 'students');

/** The one that reads Korean best. */
const preferredStudent = 'roberta-robust';

/** Where the student called `name` lies in the package, there or not. */
export function packagedStudent(name: string): string {
  return join(studentsFolder, name);
}

/** Names of the packaged students, the preferred one first. */
export async function packagedStudents(): Promise<string[]> {
  const names = await readdir(studentsFolder).catch(() => []);
  const found: string[] = [];
  for (const name of names.sort()) {
    if (await isFile(join(studentsFolder, name, 'config.json'))) found.push(name);
  }
  return found.sort((a, b) => Number(b === preferredStudent) - Number(a === preferredStudent));
}

const suitesFolder = join(root, 'suites');

/** Where the suite of prompts called `name` lies in the package, there or not. */
export function packagedSuite(name: string): string {
  return join(suitesFolder, `${name}.yaml`);
}

/** Names of the packaged suites. */
export async function packagedSuites(): Promise<string[]> {
  const names = await readdir(suitesFolder).catch(() => []);
  return names
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length))
    .sort();
}

/** Whether `folder` is the packaged model, however its path is written. */
export function isPackagedModel(folder: string): boolean {
  return resolve(folder) === resolve(packagedModel.folder);
}

/** What was asked for, else what suits the model: the pipeline's own default is for full-size ones. */
export function guidanceFor(model: string, asked: number | undefined): { guidance?: number } {
  if (asked !== undefined) return { guidance: asked };
  return isPackagedModel(model) ? { guidance: packagedModel.guidance } : {};
}

export async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}
