/**
 * Pictures of every page for the documentation, of the real server in the emoji world: what is drawn, compared and trained for
 * them is drawn, compared and trained here.
 */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { JobRequestInput } from '../../src/server/contract/drawing.ts';
import type { Job } from '../../src/server/contract/job.ts';
import type { Run } from '../../src/server/contract/workbench.ts';
import { formatRoute } from '../src/state/route.ts';
import { ko } from '../src/texts/ko.ts';
import { launchBrowser } from './chromium.ts';
import { root, startServer } from './server.ts';

const prompts = [
  '빨간 배경의 고래',
  '초록색 배경 앞의 왕관',
  '파란색 배경 앞의 사자 얼굴',
  '분홍색 배경에 있는 문어',
  '검은 배경의 무지개',
  '보라색 배경의 해바라기',
  '노란색 배경의 강아지 얼굴',
  '파란색 배경의 빨간 사과',
];

interface Shot {
  readonly file: string;
  readonly hash: string;
  readonly height?: number;
  readonly options?: BrowserContextOptions;
  readonly before?: (page: Page) => Promise<unknown>;
}

const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
};

/** Writes `page-*.png` into `folder`. */
export async function takeScreenshots(folder: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'ksd-screenshots-'));
  await promisify(execFile)(
    process.execPath,
    [
      join(root, 'dist', 'cli', 'main.js'),
      ...['corpus', 'build', join(root, 'models', 'emoji-sd', 'captions', 'train.jsonl')],
      ...['--out', join(work, 'corpus', 'emoji')],
    ],
    { cwd: work },
  );
  await cp(join(root, 'docs', 'results'), join(work, 'out'), { recursive: true });
  const server = await startServer(work);
  const browser = await launchBrowser();
  try {
    const shots = await prepare(server.url);
    for (const shot of shots) await take(browser, server.url, folder, shot);
  } finally {
    await browser.close();
    await server.stop();
    await rm(work, { recursive: true, force: true });
  }
}

/** Draws, compares, looks into a comparison, trains for a while. */
async function prepare(url: string): Promise<Shot[]> {
  const run = await startRun(url);
  await until(
    () => ask<Run>(url, `api/runs/${run}`),
    ({ epoch, state }) => epoch >= 4 || state === 'failed',
  );
  const training = { file: 'page-training.png', hash: formatRoute('training', run), height: 1180 };
  await ask(url, `api/runs/${run}/stop`, {});

  const pair = { ko: '노란색 배경의 강아지 얼굴', en: 'a dog face on a yellow background' };
  const compared = await draw(url, { kind: 'compare', ...pair, seed: 1 });
  const diagnosed = await draw(url, {
    ...{ kind: 'diagnose', prompt: pair.ko, reference: pair.en, student: 'roberta-robust', seed: 1 },
  } as JobRequestInput);
  // Last, so that the gallery begins with them.
  const jobs: Job[] = [];
  for (const [seed, prompt] of prompts.entries()) {
    jobs.push(await draw(url, { kind: 'generate', prompt, seed: seed + 1, previewEvery: 0 }));
  }
  const drawn = formatRoute('draw', undefined, { job: jobs.at(-1)?.id });
  const type = (page: Page) => page.getByLabel(ko.fields.prompt).fill(prompts.at(-1) ?? '');
  return [
    training,
    { file: 'page-draw.png', hash: drawn, height: 1040, before: type },
    {
      file: 'page-draw-dark.png',
      hash: formatRoute('draw'),
      options: { colorScheme: 'dark' },
      before: drawInMiddle,
    },
    { file: 'page-draw-phone.png', hash: drawn, options: phone, before: type },
    {
      file: 'page-compare.png',
      hash: formatRoute('compare', undefined, { job: compared.id, diagnosis: diagnosed.id }),
      height: 1900,
      before: async (page) => {
        await page.getByLabel(ko.compare.ko).fill(pair.ko);
        await page.getByLabel(ko.compare.en).fill(pair.en);
        await page.locator('.chip-word').nth(2).click();
      },
    },
    { file: 'page-corpus.png', hash: formatRoute('corpus', 'emoji'), height: 1700 },
    { file: 'page-results.png', hash: formatRoute('results', 'eval'), height: 1300 },
  ];
}

/** Half-way through a drawing of many steps. */
async function drawInMiddle(page: Page): Promise<void> {
  await page.getByLabel(ko.fields.prompt).fill('노란색 배경의 고래');
  await page.keyboard.press('Control+Enter');
  await page.waitForFunction(
    () => (document.querySelector<HTMLProgressElement>('progress')?.value ?? 0) > 0.3,
  );
}

async function take(browser: Browser, url: string, folder: string, shot: Shot): Promise<void> {
  const viewport = { width: 1280, height: shot.height ?? 900 };
  const context = await browser.newContext({ locale: 'ko-KR', viewport, ...shot.options });
  const page = await context.newPage();
  await page.goto(`${url}/${shot.hash}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await shot.before?.(page);
  await page.evaluate(() => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    scrollTo(0, 0);
  });
  // Pictures and curves; events keep the network busy.
  await page.waitForTimeout(1000);
  await page.screenshot({ path: join(folder, shot.file) });
  await context.close();
}

async function startRun(url: string): Promise<string> {
  const { experiments } = await ask<{ experiments: { name: string; text: string }[] }>(
    url,
    'api/experiments',
  );
  const text = experiments.find(({ name }) => name === 'emoji-roberta')?.text ?? '';
  const short = text.replace('corpus:\n', 'corpus:\n  sample: 1000\n');
  return (await ask<{ name: string }>(url, 'api/runs', { text: short })).name;
}

async function draw(url: string, request: JobRequestInput): Promise<Job> {
  const { id } = await ask<Job>(url, 'api/jobs', request);
  return until(
    () => ask<Job>(url, `api/jobs/${id}`),
    ({ endedAt }) => endedAt !== undefined,
  );
}

async function ask<T>(url: string, path: string, json?: unknown): Promise<T> {
  const post = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(json),
  };
  const response = await fetch(`${url}/${path}`, json === undefined ? {} : post);
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
  return (await response.json()) as T;
}

async function until<T>(get: () => Promise<T>, done: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await get();
    if (done(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
