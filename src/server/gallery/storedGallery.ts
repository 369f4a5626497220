/**
 * Pictures in a store: `<id>.png`, and beside it `<id>.json` with what is known of it. Other processes may add to it and take
 * from it; what was once read of a picture is remembered, for it does not change.
 */
import { type Picture, picture } from '../contract/gallery.ts';
import { idPattern, pictureId } from '../ids.ts';
import { parsed, type Store } from '../store/store.ts';
import { type Gallery, matches, type NewPicture, pictureUrl } from './gallery.ts';

const folder = 'pictures';

/** Files that are read at once. */
const atOnce = 16;

/** `onDamaged` hears once of each file that tells of no picture. */
export function openGallery(store: Store, onDamaged: (path: string) => void = () => {}): Gallery {
  const known = new Map<string, Picture>();
  const damaged = new Set<string>();

  async function add({ png, ...drawn }: NewPicture, index: number): Promise<Picture> {
    const id = pictureId(drawn.job, index);
    const added: Picture = { id, url: pictureUrl(id), createdAt: new Date().toISOString(), ...drawn };
    // What tells of a picture is written after it: a crash in between leaves a file that nothing tells of.
    await store.write(folder, `${id}.png`, png);
    await store.write(folder, `${id}.json`, JSON.stringify(added));
    known.set(id, added);
    return added;
  }

  async function get(id: string): Promise<Picture | undefined> {
    const before = known.get(id);
    if (before || !idPattern.test(id)) return before;
    const bytes = await store.read(folder, `${id}.json`);
    if (!bytes) return undefined;
    const read = picture.safeParse(parsed(bytes));
    if (read.success && read.data.id === id) {
      known.set(id, read.data);
      return read.data;
    }
    if (!damaged.has(id)) onDamaged(store.describe(folder, `${id}.json`));
    damaged.add(id);
    return undefined;
  }

  /** Newest first. Pictures that are gone are forgotten. */
  async function allIds(): Promise<string[]> {
    const ids = (await store.list(folder))
      .filter((name) => name.endsWith('.json'))
      .map((name) => name.slice(0, -'.json'.length))
      .filter((id) => idPattern.test(id) && !damaged.has(id));
    const here = new Set(ids);
    for (const id of known.keys()) if (!here.has(id)) known.delete(id);
    return ids.sort().reverse();
  }

  async function getAll(ids: readonly string[]): Promise<Picture[]> {
    const pictures: Picture[] = [];
    for (let i = 0; i < ids.length; i += atOnce) {
      const some = await Promise.all(ids.slice(i, i + atOnce).map(get));
      pictures.push(...some.filter((one) => one !== undefined));
    }
    return pictures;
  }

  return {
    add: (drawn) => Promise.all(drawn.map(add)),
    get,
    read: async (id) => (idPattern.test(id) ? store.read(folder, `${id}.png`) : undefined),
    async list({ query = '', before, limit = 60 } = {}) {
      const ids = await allIds();
      const isBefore = (id: string) => before === undefined || id < before;
      if (query.trim() === '') {
        return { pictures: await getAll(ids.filter(isBefore).slice(0, limit)), total: ids.length };
      }
      const found = (await getAll(ids)).filter(matches(query));
      return { pictures: found.filter(({ id }) => isBefore(id)).slice(0, limit), total: found.length };
    },
    async remove(id) {
      if (!(await get(id))) return false;
      known.delete(id);
      await store.remove(folder, `${id}.json`);
      await store.remove(folder, `${id}.png`);
      return true;
    },
  };
}
