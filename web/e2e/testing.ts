/** What the tests of the page share: a server, a browser, and a page that may not complain. Only tests may import this. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { requireBuild } from '../../src/cli/testing.ts';
import { launchBrowser } from './chromium.ts';
import { type StartedServer, startServer } from './server.ts';

export const desktop: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };
export const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
};

export interface Workplace {
  readonly browser: Browser;
  readonly server: StartedServer;
  readonly folder: string;
}

/** One server and one browser for the tests of a file. */
export function useServer(args: readonly string[] = []): () => Workplace {
  let place: Workplace | undefined;
  beforeAll(async () => {
    await requireBuild();
    const folder = await mkdtemp(join(tmpdir(), 'ksd-page-'));
    const [server, browser] = await Promise.all([startServer(folder, args), launchBrowser()]);
    place = { browser, server, folder };
  });
  afterAll(async () => {
    await place?.browser.close();
    await place?.server.stop();
    if (place) await rm(place.folder, { recursive: true, force: true });
  });
  return () => place!;
}

/** A page at `hash`. The test fails if the page logs an error, throws, or breaks its content security policy. */
export async function openPage(
  { browser, server }: Workplace,
  hash: string,
  options: BrowserContextOptions = desktop,
): Promise<Page> {
  const context = await browser.newContext({ locale: 'ko-KR', ...options });
  // Where others keep the machine busy, everything takes its time.
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type())) return;
    // The browser notes every answer that is a refusal; the page tells the reader.
    if (!message.text().includes('status of 422')) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  onTestFinished(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });
  await page.goto(`${server.url}/#/${hash}`);
  return page;
}

let axe: Promise<string> | undefined;

/** Rules of WCAG that the page breaks, with where. */
export async function violations(page: Page): Promise<string[]> {
  axe ??= readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  // Evaluated, not inserted: the page's policy allows no script but its own.
  await page.evaluate(await axe);
  const results = await page.evaluate<AxeResults>('axe.run()');
  return results.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}
