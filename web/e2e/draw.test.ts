import { describe, expect, it } from 'vitest';
import { ko } from '../src/texts/ko.ts';
import { chromiumPath, needsChromium } from './chromium.ts';
import { openPage, useServer, violations } from './testing.ts';

describe.skipIf(!chromiumPath)(`drawing (${needsChromium})`, () => {
  const place = useServer();
  const prompt = '파란색 배경의 빨간 사과';
  const draws = { name: new RegExp(`^${ko.draw.submit}`) };

  it('shows a Korean prompt become a picture, keeps it, and draws it again from its settings', async () => {
    const page = await openPage(place(), 'draw');
    await page.getByLabel(ko.fields.prompt).fill(prompt);
    await page.keyboard.press('Control+Enter');
    await page.getByRole('img', { name: ko.draw.preview(1) }).waitFor();
    await page.getByRole('img', { name: ko.draw.picture(prompt) }).waitFor();

    const gallery = page.getByRole('region', { name: ko.gallery.title });
    await gallery.getByText(prompt).click();
    const dialog = page.getByRole('dialog');
    expect(await violations(page)).toEqual([]);
    const seed = await dialog.locator('dt', { hasText: ko.fields.seed }).locator('+ dd').innerText();
    await dialog.getByRole('button', { name: ko.gallery.reuse }).click();
    await page.getByText(ko.draw.settings).click();
    expect(await page.getByLabel(ko.fields.seed, { exact: true }).inputValue()).toBe(seed);

    await page.getByLabel(ko.gallery.search).fill('사과 빨간');
    await gallery.getByText(ko.gallery.total('1')).waitFor();
    await page.getByLabel(ko.gallery.search).fill('바나나');
    await gallery.getByText(ko.gallery.noMatch).waitFor();
  });

  it('goes on where it was when it is loaded anew in the middle', async () => {
    const page = await openPage(place(), 'draw');
    await page.getByLabel(ko.fields.prompt).fill('노란색 배경의 고래');
    await page.getByText(ko.draw.settings).click();
    await page.getByLabel(ko.fields.steps).fill('120');
    await page.getByRole('button', draws).click();
    await page.getByRole('img', { name: ko.draw.preview(1) }).waitFor();
    await page.reload();
    expect(await page.getByLabel(ko.fields.prompt).inputValue()).toBe('노란색 배경의 고래');
    expect(await page.getByLabel(ko.fields.steps).inputValue()).toBe('120');
    await page.getByRole('img', { name: ko.draw.preview(1) }).waitFor();
    await page.getByRole('img', { name: ko.draw.picture('노란색 배경의 고래') }).waitFor();
    // Once more: a job that has ended is there, too.
    await page.reload();
    await page.getByRole('img', { name: ko.draw.picture('노란색 배경의 고래') }).waitFor();
  });

  it('cancels what is drawn, and then draws what waited', async () => {
    const page = await openPage(place(), 'draw');
    await page.getByLabel(ko.fields.prompt).fill('검은 배경의 무지개');
    await page.getByText(ko.draw.settings).click();
    await page.getByLabel(ko.fields.steps).fill('150');
    await page.getByRole('button', draws).click();
    await page.getByRole('img', { name: ko.draw.preview(1) }).waitFor();
    const first = page.url();
    await page.getByLabel(ko.fields.steps).fill('4');
    await page.getByRole('button', draws).click();
    await page.getByRole('status').getByText(ko.draw.queued(0)).waitFor();
    await page.locator('.job', { hasText: /\d+ \/ 150/ }).click();
    expect(page.url()).toBe(first);
    await page.getByRole('button', { name: ko.common.cancel }).click();
    await page.getByText(ko.draw.cancelled).waitFor();
    await page.locator('.job', { hasText: ko.draw.states.done }).first().click();
    await page.getByRole('img', { name: ko.draw.picture('검은 배경의 무지개') }).waitFor();
  });

  it('reads the settings of a PNG', async () => {
    const { server } = place();
    const { pictures } = await (await fetch(`${server.url}/api/pictures`)).json();
    const [{ url, parameters }] = pictures;
    const png = Buffer.from(await (await fetch(server.url + url)).arrayBuffer());
    const page = await openPage(place(), 'draw');
    await page.getByText(ko.draw.settings).click();
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: png });
    await page.getByText(ko.draw.dropped('a.png')).waitFor();
    expect(await page.getByLabel(ko.fields.prompt).inputValue()).toBe(parameters.prompt);
    expect(await page.getByLabel(ko.fields.seed, { exact: true }).inputValue()).toBe(parameters.seed);
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'a.txt', mimeType: 'text/plain', buffer: png });
    await page.getByText(ko.draw.notPng).waitFor();
  });

  it('names a field that is wrong and sends nothing', async () => {
    const page = await openPage(place(), 'draw');
    await page.getByText(ko.draw.settings).click();
    await page.getByLabel(ko.fields.steps).fill('열');
    await page.getByText(ko.errors.whole).waitFor();
    expect(await page.getByRole('button', draws).isDisabled()).toBe(true);
  });
});
