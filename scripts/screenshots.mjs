// Writes docs/figures/page-*.png: the pages of `ksd serve` as the README shows them. Needs Chromium.
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

const { module } = await runnerImport(path('../web/e2e/screenshots.ts'));
await module.takeScreenshots(path('../docs/figures'));
