import { describe, expect, it } from 'vitest';
import { ko } from '../src/texts/ko.ts';
import { chromiumPath, needsChromium } from './chromium.ts';
import { openPage, useServer, violations } from './testing.ts';

describe.skipIf(!chromiumPath)(`training (${needsChromium})`, () => {
  const place = useServer();
  const texts = ko.training;

  it('checks and starts a run, shows its curves grow through a reload, stops it, and resumes it', async () => {
    const page = await openPage(place(), 'training');
    await page.getByText(texts.empty).waitFor();
    await page.getByRole('link', { name: texts.newRun }).first().click();
    await page.getByLabel(texts.name).fill('small');
    await page.getByLabel(texts.epochs).fill('40');
    const yaml = page.getByLabel(texts.text);
    const written = await yaml.inputValue();
    expect(written).toMatch(/^name: small$/m);
    const smaller = written
      .replace('corpus:\n', 'corpus:\n  sample: 1000\n')
      .replace(/^drawing:.*$/m, 'drawing: { steps: 2, guidance: 5 }');
    await yaml.fill(smaller);
    await page.getByRole('button', { name: texts.check }).click();
    await page.getByText(texts.good).waitFor();

    await page.getByRole('button', { name: texts.start }).click();
    await page.getByRole('heading', { name: 'small' }).waitFor();
    const step = async () => {
      const [, digits] = /스텝 ([\d,]+)/.exec(await page.locator('.run-numbers').innerText()) ?? [];
      return Number(digits?.replaceAll(',', ''));
    };
    const grows = async () => {
      await page.locator('.chart canvas').first().waitFor();
      const before = await step();
      await expect.poll(step, { timeout: 60_000 }).toBeGreaterThan(before);
    };
    await grows();
    await page.reload();
    await grows();
    await page.getByRole('img', { name: texts.sampleOf(1) }).waitFor();
    expect(await violations(page)).toEqual([]);

    await page.getByRole('button', { name: texts.stop }).click();
    await page.getByRole('button', { name: texts.resume }).click();
    await grows();
    await page.getByRole('button', { name: texts.stop }).click();
    await page.getByRole('button', { name: texts.resume }).waitFor();
  }, 300_000);

  it('names the field of an experiment that is wrong', async () => {
    const page = await openPage(place(), 'training?new=1');
    await page.getByLabel(texts.epochs).fill('-1');
    await page.getByRole('button', { name: texts.check }).click();
    await page.getByText(ko.errors.field('training.epochs')).waitFor();
  });
});
