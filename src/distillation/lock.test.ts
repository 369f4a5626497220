import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lockFile, lockFolder } from './lock.ts';

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ksd-lock-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const at = (folder: string, owner: object) => writeFile(join(folder, lockFile), JSON.stringify(owner));

test('a folder is taken once, and again when it was given back', async () => {
  const folder = await emptyFolder();
  const release = await lockFolder(folder);
  await expect(lockFolder(folder, { patience: 0 })).rejects.toThrow(
    `Process ${process.pid} is training in ${folder}`,
  );
  await release();
  await (await lockFolder(folder))();
  expect(await readdir(folder)).toEqual([]);
});

test('a folder is waited for while its process ends', async () => {
  const folder = await emptyFolder();
  const release = await lockFolder(folder);
  const waiting = lockFolder(folder);
  await release();
  await (await waiting)();
});

test('of many that want a folder at once, whose last process died, one gets it', async () => {
  const folder = await emptyFolder();
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  await at(folder, { pid: child.pid, host: hostname() });
  const all = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder, { patience: 0 })));
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('a lock of a process of the same number, before this one, is taken over', async () => {
  const folder = await emptyFolder();
  await at(folder, { pid: process.pid, host: hostname() });
  await (await lockFolder(folder, { patience: 0 }))();
});

test('the lock of another machine stays, and the error names the file to delete', async () => {
  const folder = await emptyFolder();
  await at(folder, { pid: 1, host: 'elsewhere' });
  await expect(lockFolder(folder, { patience: 0 })).rejects.toThrow(/on elsewhere .* delete .*lock\.json/);
});
