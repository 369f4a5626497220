/**
 * Pictures in a folder: `<id>.png`, and beside it `<id>.json` with what is known of it.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../checkpoint/atomic.ts';
import { systemCode, unreadable } from '../../checkpoint/file.ts';
import { readJson, writeJson } from '../../checkpoint/json.ts';
import { type Picture, picture } from '../contract/gallery.ts';
import { idPattern, newId } from '../ids.ts';
import { type Gallery, matches, pictureUrl } from './gallery.ts';

/** `onDamaged` hears of files that tell of no picture. Throws CheckpointError if the folder cannot be read. */
export async function openLocalGallery(
  folder: string,
  onDamaged: (path: string) => void = () => {},
): Promise<Gallery> {
  /** Oldest first. */
  const pictures = new Map<string, Picture>();
  for (const known of await readAll(folder, onDamaged)) pictures.set(known.id, known);
  const fileOf = (id: string, ending: 'png' | 'json') => join(folder, `${id}.${ending}`);

  async function add({ png, ...known }: Parameters<Gallery['add']>[0][number]): Promise<Picture> {
    const id = newId();
    const added: Picture = { id, url: pictureUrl(id), createdAt: new Date().toISOString(), ...known };
    // What tells of a picture is written after it: a crash in between leaves a file that nothing tells of.
    await writeFileAtomic(fileOf(id, 'png'), png);
    await writeJson(fileOf(id, 'json'), added);
    pictures.set(id, added);
    return added;
  }

  return {
    add: (drawn) => Promise.all(drawn.map(add)),
    get: async (id) => pictures.get(id),
    read: async (id) => (pictures.has(id) ? readFile(fileOf(id, 'png')).catch(missing) : undefined),
    async list({ query = '', before, limit = 60 } = {}) {
      const found = [...pictures.values()].filter(matches(query)).sort((a, b) => (a.id < b.id ? 1 : -1));
      const rest = before === undefined ? found : found.filter(({ id }) => id < before);
      return { pictures: rest.slice(0, limit), total: found.length };
    },
    async remove(id) {
      if (!pictures.delete(id)) return false;
      await rm(fileOf(id, 'json'), { force: true });
      await rm(fileOf(id, 'png'), { force: true });
      return true;
    },
  };
}

async function readAll(folder: string, onDamaged: (path: string) => void): Promise<Picture[]> {
  const names = await readdir(folder).catch((cause) => {
    if (systemCode(cause) === 'ENOENT') return [];
    throw unreadable(folder, cause);
  });
  const known: Picture[] = [];
  for (const name of names.sort()) {
    const id = name.slice(0, -'.json'.length);
    if (!name.endsWith('.json') || !idPattern.test(id)) continue;
    const read = picture.safeParse(await readJson(join(folder, name)).catch(() => undefined));
    if (read.success && read.data.id === id) known.push(read.data);
    else onDamaged(join(folder, name));
  }
  return known;
}

/** Somebody has taken the file away. */
function missing(error: unknown): undefined {
  if (systemCode(error) === 'ENOENT') return undefined;
  throw error;
}
