/** A browser that is on this machine already: none is fetched. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const places = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

export const chromiumPath: string | undefined = places.find((path) => path !== undefined && existsSync(path));

/** Why tests that need one are skipped. */
export const needsChromium = 'needs Chromium: `apt install chromium`, or CHROMIUM with its path';

export function launchBrowser(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error(needsChromium);
  // Chromium's sandbox refuses to run as root, as containers do.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: chromiumPath, args });
}
