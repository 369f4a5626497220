import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { pages } from '../src/state/route.ts';
import { en } from '../src/texts/en.ts';
import { ko } from '../src/texts/ko.ts';
import { chromiumPath, needsChromium } from './chromium.ts';
import { root } from './server.ts';
import { desktop, openPage, phone, useServer, violations } from './testing.ts';

it('weighs less than 300 kB compressed, with everything that is ever loaded', async () => {
  const folder = join(root, 'dist', 'web');
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((file) =>
    file.isFile(),
  );
  const sizes = await Promise.all(
    files.map(async ({ parentPath, name }) => gzipSync(await readFile(join(parentPath, name))).length),
  );
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(300_000);
});

describe.skipIf(!chromiumPath)(`every page (${needsChromium})`, () => {
  const place = useServer();
  const looks = [
    { look: 'light', options: { ...desktop, colorScheme: 'light' } },
    { look: 'dark', options: { ...desktop, colorScheme: 'dark' } },
    { look: 'a phone', options: { ...phone, colorScheme: 'light' } },
  ] as const;
  const shown = pages.flatMap((name) => looks.map((look) => ({ name, ...look })));

  it.each(shown)('$name breaks no rule of accessibility in $look', async ({ name, options }) => {
    const page = await openPage(place(), name, options);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForLoadState('networkidle');
    for (const summary of await page.locator('summary').all()) await summary.click();
    expect(await violations(page)).toEqual([]);
  });

  it.each(pages)('%s fits a phone, with targets that a thumb can hit', async (name) => {
    const page = await openPage(place(), name, phone);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForLoadState('networkidle');
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(wide).toBeLessThanOrEqual(0);
    const small = await page
      .locator(
        'button:visible, nav a:visible, select:visible, input:not([type=radio], [type=checkbox]):visible, summary:visible',
      )
      .evaluateAll((targets) =>
        targets
          .filter((target) => target.getBoundingClientRect().height < 44)
          .map((target) => target.outerHTML),
      );
    expect(small).toEqual([]);
  });

  it('speaks English when it is asked to, and still does after a reload', async () => {
    const page = await openPage(place(), 'draw');
    await page.getByRole('button', { name: ko.app.language }).click();
    await page.getByRole('heading', { name: en.draw.title }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: en.draw.title }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
  });

  it('is dark when it is asked to be, whatever the system is', async () => {
    const page = await openPage(place(), 'draw', { ...desktop, colorScheme: 'light' });
    const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await paper();
    await page.getByRole('button', { name: ko.app.toDark }).click();
    expect(await paper()).not.toBe(light);
    await page.reload();
    expect(await paper()).not.toBe(light);
  });

  it('is used by keys: the first one skips to the content', async () => {
    const page = await openPage(place(), 'compare');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(ko.app.skip);
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
    expect(page.url()).toContain('#/compare');
  });

  it('stands still where motion is not wanted', async () => {
    const page = await openPage(place(), 'draw', { ...desktop, reducedMotion: 'reduce' });
    await page.getByLabel(ko.fields.prompt).fill('고래');
    await page.keyboard.press('Control+Enter');
    await page.locator('.activity').waitFor();
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
    await page.getByRole('img', { name: ko.draw.picture('고래') }).waitFor();
  });
});
