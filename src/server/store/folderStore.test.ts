import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { folderStore } from './folderStore.ts';
import { storeConformance } from './testing/conformance.ts';

storeConformance('a store in a folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ksd-store-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folderStore(join(folder, 'not there yet'));
});
