import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { newId, pictureId } from '../ids.ts';
import { folderStore } from '../store/folderStore.ts';
import { openS3Store } from '../store/s3Store.ts';
import type { Store } from '../store/store.ts';
import { startS3 } from '../store/testing/s3.ts';
import type { NewPicture } from './gallery.ts';
import { openGallery } from './storedGallery.ts';

async function inFolder(): Promise<Store> {
  const folder = await mkdtemp(join(tmpdir(), 'ksd-gallery-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folderStore(folder);
}

const s3 = await startS3();
afterAll(() => s3.close());
let prefixes = 0;

const inBucket = () => openS3Store({ ...s3, prefix: `gallery-${++prefixes}/`, region: 'auto' }, s3.keys);

const drawn = (job: string, prompt: string, byte = 1): NewPicture => ({
  job,
  png: new Uint8Array([byte]),
  flagged: false,
  parameters: { prompt },
});

describe.each([
  ['a folder', inFolder],
  ['a bucket', inBucket],
])('a gallery in %s', (_, open) => {
  test('what one process adds, another one finds, reads and removes', async () => {
    const store = await open();
    const [here, there] = [openGallery(store), openGallery(store)];
    const [picture] = await here.add([drawn(newId(), '빨간 사과')]);
    const { id } = picture as NonNullable<typeof picture>;
    expect(await there.get(id)).toEqual(picture);
    expect([...((await there.read(id)) ?? [])]).toEqual([1]);
    expect(await there.list()).toEqual({ pictures: [picture], total: 1 });
    expect(await there.remove(id)).toBe(true);
    expect(await there.remove(id)).toBe(false);
    expect(await here.list()).toEqual({ pictures: [], total: 0 });
    expect(await here.get(id)).toBeUndefined();
    expect(await here.read(id)).toBeUndefined();
  });

  test('a job that is run again puts its pictures in the place of the first ones', async () => {
    const gallery = openGallery(await open());
    const job = newId();
    const first = await gallery.add([drawn(job, 'a', 1), drawn(job, 'a', 2)]);
    const second = await gallery.add([drawn(job, 'a', 3), drawn(job, 'a', 4)]);
    expect(second.map(({ id }) => id)).toEqual(first.map(({ id }) => id));
    expect((await gallery.list()).total).toBe(2);
    expect([...((await gallery.read(pictureId(job, 1))) ?? [])]).toEqual([4]);
  });

  test('pictures come newest first, page by page, and are found by all words of a query', async () => {
    const gallery = openGallery(await open());
    const ids: string[] = [];
    for (const prompt of ['빨간 사과', '빨간 자동차', '파란 사과']) {
      ids.unshift(...(await gallery.add([drawn(newId(), prompt)])).map(({ id }) => id));
    }
    const listed = async (query?: Parameters<typeof gallery.list>[0]) => {
      const { pictures, total } = await gallery.list(query);
      return [pictures.map(({ id }) => ids.indexOf(id)), total];
    };
    expect(await listed({ limit: 2 })).toEqual([[0, 1], 3]);
    expect(await listed({ before: ids[1] as string })).toEqual([[2], 3]);
    expect(await listed({ query: '사과' })).toEqual([[0, 2], 2]);
    expect(await listed({ query: '사과 빨간' })).toEqual([[2], 1]);
    expect(await listed({ query: '사과', before: ids[0] as string })).toEqual([[2], 2]);
  });

  test('a file that tells of no picture is told of once and hides no other', async () => {
    const store = await open();
    const damaged: string[] = [];
    const gallery = openGallery(store, (path) => damaged.push(path));
    await gallery.add([drawn(newId(), 'whole')]);
    const id = newId();
    await store.write('pictures', `${id}.json`, '{"id": "half');
    for (let i = 0; i < 2; i++) {
      expect((await gallery.list({ query: 'whole' })).pictures).toHaveLength(1);
    }
    expect(damaged).toEqual([store.describe('pictures', `${id}.json`)]);
  });
});
