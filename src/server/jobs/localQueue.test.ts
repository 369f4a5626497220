import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openLocalQueue } from './localQueue.ts';
import { queueConformance } from './testing/conformance.ts';
import { request } from './testing/samples.ts';

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ksd-queue-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

queueConformance('the queue in this process', async (options = {}) => {
  const folder = await temporaryFolder();
  let queue = await openLocalQueue({ folder, ...options });
  onTestFinished(() => queue.close());
  return {
    queue,
    async restart() {
      await queue.close();
      queue = await openLocalQueue({ folder, ...options });
      return queue;
    },
  };
});

test('a damaged file is told of and left alone, and the other jobs go on', async () => {
  const folder = await temporaryFolder();
  const before = await openLocalQueue({ folder });
  const { id } = await before.add(request());
  await before.close();
  const name = `${'0'.repeat(20)}.json`;
  await writeFile(join(folder, name), '{"id": "half');
  const damaged: string[] = [];
  const queue = await openLocalQueue({ folder, onDamaged: (path) => damaged.push(path) });
  expect(damaged).toEqual([join(folder, name)]);
  expect((await queue.list()).map((job) => job.id)).toEqual([id]);
  expect(await readdir(folder)).toContain(name);
});

test('pictures are deleted with the end of their job', async () => {
  const folder = await temporaryFolder();
  const queue = await openLocalQueue({ folder });
  const { id } = await queue.add(request('x', { initImage: 'AAAA' }));
  expect(await readdir(folder)).toContain(`${id}.pictures.json`);
  await queue.cancel(id);
  expect(await readdir(folder)).toEqual([`${id}.json`]);
});

test('a change that cannot be written is told, and the next one is written', async () => {
  const folder = join(await temporaryFolder(), 'jobs');
  const queue = await openLocalQueue({ folder });
  const { id } = await queue.add(request());
  const taken = await queue.take(new AbortController().signal);
  await queue.stats();
  await rename(folder, `${folder}.away`);
  await writeFile(folder, 'in the way');
  await expect(taken?.died()).rejects.toThrow(/cannot be written/);
  await rm(folder);
  await rename(`${folder}.away`, folder);
  await queue.cancel(id);
  await queue.close();
  const after = await openLocalQueue({ folder });
  expect(await after.get(id)).toMatchObject({ state: 'cancelled' });
});
