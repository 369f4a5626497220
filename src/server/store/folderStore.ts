/**
 * A store in a folder: of this machine, or one that all machines mount.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../checkpoint/atomic.ts';
import { systemCode, unreadable } from '../../checkpoint/file.ts';
import type { Store } from './store.ts';

/** Its methods throw CheckpointError where the file system refuses. */
export function folderStore(root: string): Store {
  const pathOf = (folder: string, name = '') => join(root, folder, name);
  return {
    async list(folder) {
      const found = await present(readdir(pathOf(folder), { withFileTypes: true }), pathOf(folder));
      return (found ?? []).filter((one) => one.isFile() && !one.name.startsWith('.')).map(({ name }) => name);
    },
    read: (folder, name) => present(readFile(pathOf(folder, name)), pathOf(folder, name)),
    write: (folder, name, content) => writeFileAtomic(pathOf(folder, name), content),
    remove: (folder, name) => rm(pathOf(folder, name), { force: true }),
    removeAll: (folder) => rm(pathOf(folder), { recursive: true, force: true }),
    describe: pathOf,
  };
}

async function present<Content>(read: Promise<Content>, path: string): Promise<Content | undefined> {
  return read.catch((cause) => {
    if (systemCode(cause) === 'ENOENT') return undefined;
    throw unreadable(path, cause);
  });
}
