import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openApp, temporaryFolder, type Undo, undoAll } from '../testing/server.ts';

const undo: Undo = [];
afterAll(() => undoAll(undo));

test('the page is asked for each time, its assets are kept for good', async () => {
  const page = await temporaryFolder(undo);
  await mkdir(join(page, 'assets'));
  await writeFile(join(page, 'index.html'), '<!doctype html><title>page</title>');
  await writeFile(join(page, 'assets', 'index-3f2a.js'), 'export {};');
  const { app } = await openApp(undo, { page });
  const index = await app.inject({ url: '/' });
  expect(index.body).toContain('<title>page</title>');
  expect(index.headers['cache-control']).toBe('no-cache');
  const asset = await app.inject({ url: '/assets/index-3f2a.js' });
  expect(asset.headers['content-type']).toMatch(/javascript/);
  expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  expect((await app.inject({ url: '/assets/none.js' })).json()).toMatchObject({ code: 'NOT_FOUND' });
});

test('where the page was not built, the server says so in both languages', async () => {
  const { app } = await openApp(undo);
  const { statusCode, body } = await app.inject({ url: '/' });
  expect(statusCode).toBe(200);
  expect(body).toMatch(/빌드되지 않았습니다.*npm run build/s);
});
