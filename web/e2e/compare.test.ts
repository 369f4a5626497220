import { describe, expect, it } from 'vitest';
import { ko } from '../src/texts/ko.ts';
import { chromiumPath, needsChromium } from './chromium.ts';
import { openPage, useServer, violations } from './testing.ts';

describe.skipIf(!chromiumPath)(`comparing (${needsChromium})`, () => {
  const place = useServer();
  const texts = ko.compare;

  it('draws by all encoders, from noise to picture, and shows where each word was read', async () => {
    const page = await openPage(place(), 'compare');
    await page.getByLabel(texts.ko).fill('노란색 배경의 강아지 얼굴');
    await page.getByLabel(texts.en).fill('a dog face on a yellow background');
    await page.getByText(ko.draw.settings).click();
    await page.getByLabel(ko.fields.steps).fill('5');
    await page.getByLabel('roberta-pooler').uncheck();
    await page.getByRole('button', { name: texts.submit }).click();
    const slider = page.getByLabel(texts.step);
    await slider.waitFor();
    const pictures = page.locator('.matrix img');
    expect(await pictures.count()).toBe(8);

    const drawn = await pictures.first().getAttribute('src');
    await slider.focus();
    await page.keyboard.press('Home');
    await page.getByText(texts.stepOf(1, 5)).waitFor();
    const noise = await pictures.first().getAttribute('src');
    expect(noise).toMatch(/previews\/\d+\/1\.png$/);
    expect(noise).not.toBe(drawn);
    await page.waitForFunction(() => {
      const images = [...document.querySelectorAll<HTMLImageElement>('.matrix img')];
      return images.every((image) => image.complete && image.naturalWidth > 0);
    });

    await page.getByRole('radio', { name: texts.slider }).check();
    await page.getByLabel(texts.sliderLabel).focus();
    await page.keyboard.press('End');
    expect(await page.locator('.overlay-top').evaluate((top) => getComputedStyle(top).clipPath)).toMatch(
      /^inset\(0(px)?( 0(%|px)){0,3}\)$/,
    );

    await page.getByRole('button', { name: texts.diagnoseStart }).click();
    await page.getByRole('img', { name: texts.heatOf('노란색') }).waitFor();
    await page.getByRole('button', { name: /^강아지/ }).click();
    await page.getByRole('img', { name: texts.heatOf('강아지') }).waitFor();

    const parts = await page.locator('.recovered li').allTextContents();
    expect(parts).toEqual(
      Object.values(texts.recoveredIn).map((name) => expect.stringMatching(`^${name}[\\d.]+%$`)),
    );

    expect(await violations(page)).toEqual([]);

    await page.reload();
    await page.getByRole('img', { name: texts.heatOf('노란색') }).waitFor();
    expect(await page.getByLabel(texts.ko).inputValue()).toBe('노란색 배경의 강아지 얼굴');
    expect(await page.getByLabel('roberta-pooler').isChecked()).toBe(false);
  });
});
