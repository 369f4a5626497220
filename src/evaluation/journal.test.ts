import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { solid } from '../pictures/image.ts';
import { type Journal, openJournal } from './journal.ts';

let folder: string;
let journal: Journal;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ksd-journal-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  journal = openJournal(folder, { model: 'a' });
});

test('numbers are found again to the last bit', async () => {
  const numbers = fc.array(
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((x) => !Object.is(x, -0)),
  );
  await fc.assert(
    fc.asyncProperty(numbers, async (values) => {
      await journal.keepNumbers({ values: 1 }, values);
      expect(await journal.findNumbers({ values: 1 }, values.length)).toEqual(values);
    }),
    { numRuns: 20 },
  );
});

test('pictures are found again, one by one', async () => {
  const images = [solid(5, 3, [1, 2, 3]), solid(5, 3, [4, 5, 6])];
  await journal.keepImages({ a: 1 }, images);
  expect(await journal.findImages({ a: 1 }, 2)).toEqual(images);
});

test('nothing is found under another key, in another context, or in another number', async () => {
  await journal.keepNumbers({ prompt: 'x', seed: 1 }, [1, 2]);
  expect(await journal.findNumbers({ prompt: 'x', seed: 2 }, 2)).toBeUndefined();
  expect(await openJournal(folder, { model: 'b' }).findNumbers({ prompt: 'x', seed: 1 }, 2)).toBeUndefined();
  expect(await journal.findNumbers({ prompt: 'x', seed: 1 }, 3)).toBeUndefined();
});

test('an entry that is damaged is not found', async () => {
  await journal.keepNumbers({ a: 1 }, [1]);
  await journal.keepImages({ a: 1 }, [solid(2, 2, [0, 0, 0])]);
  for (const name of await readdir(folder)) await writeFile(join(folder, name), '[1');
  expect(await journal.findNumbers({ a: 1 }, 1)).toBeUndefined();
  expect(await journal.findImages({ a: 1 }, 1)).toBeUndefined();
});

test('a journal that is removed leaves nothing', async () => {
  await journal.keepNumbers({ a: 1 }, [1]);
  await journal.remove();
  await expect(readdir(folder)).rejects.toThrow('ENOENT');
});
