import { mkdtemp, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openCache } from './teacher.ts';

const size = 4;
const texts = Array.from({ length: 300 }, (_, i) => String(i));

/** Rows that say which text they are of; notes what it was asked for. */
function countingTeacher() {
  const asked: string[] = [];
  const rows = async (batch: readonly string[]) => {
    asked.push(...batch);
    return batch.map((text) => new Float32Array(size).fill(Number(text)));
  };
  return { asked, rows };
}

async function temporaryPath(): Promise<string> {
  return join(await mkdtemp(join(tmpdir(), 'ksd-teacher-')), 'teacher.f16');
}

async function cacheAt(path: string, teacher = countingTeacher()) {
  const filling = openCache(teacher, texts, { path, size });
  let next = await filling.next();
  while (!next.done) next = await filling.next();
  return next.value;
}

test('a cache gives the rows of each text, and is computed once', async () => {
  const path = await temporaryPath();
  await (await cacheAt(path)).close();
  const again = countingTeacher();
  const cache = await cacheAt(path, again);
  expect(again.asked).toEqual([]);
  expect([...(await cache.read(299))]).toEqual([299, 299, 299, 299]);
  await cache.close();
});

test('an interrupted cache goes on near where it stopped, and has the same bytes', async () => {
  const [whole, stopped] = [await temporaryPath(), await temporaryPath()];
  await (await cacheAt(whole)).close();
  const stop = new AbortController();
  const filling = openCache(countingTeacher(), texts, { path: stopped, size, signal: stop.signal });
  for (let i = 0; i < 3; i++) await filling.next();
  stop.abort();
  await expect(filling.next()).rejects.toBe(stop.signal.reason);
  const second = countingTeacher();
  await (await cacheAt(stopped, second)).close();
  expect(second.asked[0]).toBe('128');
  expect((await readFile(stopped)).equals(await readFile(whole))).toBe(true);
});

test('a cache that no disk holds is refused before anything is computed', async () => {
  const path = await temporaryPath();
  const teacher = countingTeacher();
  const filling = openCache(teacher, texts, { path, size: 1e15 });
  await expect(filling.next()).rejects.toThrow(/need .* GB .* are free/);
  expect(teacher.asked).toEqual([]);
  await expect(stat(`${path}.part`)).rejects.toThrow();
});
