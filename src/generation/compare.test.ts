import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openTextEncoder } from '../encoders/textEncoder.ts';
import { InputError } from '../errors.ts';
import { decodePng } from '../pictures/png.ts';
import { openRuntime } from '../runtime/node.ts';
import { type ComparisonProgress, compare, comparisonGrid, saveGrid } from './compare.ts';
import { finish } from './finish.ts';
import { openPipeline } from './open.ts';
import { writeGuardedModel } from './testing/guardedModel.ts';

const runtime = await openRuntime('cpu');
const pipeline = await openPipeline(runtime, 'fixtures/golden/pipeline/sd_tiny');
const opened = await openTextEncoder(runtime, 'fixtures/golden/pipeline/roberta/text_encoder');
const student = { ...opened, name: 'roberta' };
const folder = await mkdtemp(join(tmpdir(), 'ksd-compare-'));
afterAll(() => Promise.all([pipeline.dispose(), opened.dispose(), rm(folder, { recursive: true })]));

const prompts = [
  { ko: '빨간 사과', en: 'a red apple' },
  { ko: '초록색 사과', en: 'a green apple' },
  { ko: '정원의 고양이', en: 'a cat in the garden' },
];

test('a comparison draws every prompt in both languages with every encoder, from the same noise', async () => {
  const progress: ComparisonProgress[] = [];
  const request = { pipeline, students: [student], prompts, seeds: [4], steps: 3, batch: 2 };
  const { columns, rows } = await finish(compare(request), (step) => progress.push(step));
  expect(columns.map(({ header }) => header.split('\n')[0])).toEqual([
    '원본 + 영어',
    '원본 + 한국어 (전)',
    'roberta + 한국어 (후)',
    'roberta + 영어',
  ]);
  expect(rows.map(({ images }) => images.length)).toEqual([4, 4, 4]);
  expect(rows.flatMap(({ flagged }) => flagged)).toEqual(Array(12).fill(false));
  const alone = await pipeline.draw({ prompt: '초록색 사과', textEncoder: student, seed: 4, steps: 3 });
  const [expected, actual] = [alone.images[0]?.data ?? [], rows[1]?.images[2]?.data ?? []];
  const differences = Array.from(expected, (value, i) => Math.abs(value - (actual[i] as number)));
  expect(Math.max(...differences)).toBeLessThanOrEqual(1);

  expect(progress.every(({ total }) => total === 12)).toBe(true);
  expect(progress.map(({ done }) => done)).toEqual(progress.map(({ done }) => done).sort((a, b) => a - b));
  expect(progress.at(-1)).toMatchObject({ done: 12, column: columns[3]?.header });
});

test('the grid is written as SVG and PNG, with prompts, headers, and seeds where there are several', async () => {
  const request = { pipeline, students: [], prompts: prompts.slice(0, 1), seeds: [1, 2], steps: 2 };
  const grid = comparisonGrid(await finish(compare(request)), { title: '전과 후' });
  expect(grid.rows.map(({ label }) => label)).toEqual([
    '빨간 사과\na red apple\nseed 1',
    '빨간 사과\na red apple\nseed 2',
  ]);
  await saveGrid(join(folder, 'before'), grid);
  const svg = await readFile(join(folder, 'before.svg'), 'utf8');
  for (const text of ['전과 후', '빨간 사과', '원본 + 한국어 (전)']) expect(svg).toContain(text);
  const { image } = decodePng(await readFile(join(folder, 'before.png')));
  expect(image.width).toBeGreaterThan(2 * 192);
});

test('what the safety checker flags is black in every column, and the figure says why', async () => {
  const model = join(folder, 'guarded');
  await writeGuardedModel(model, -2);
  const guarded = await openPipeline(runtime, model);
  const request = { pipeline: guarded, students: [student], prompts: prompts.slice(0, 1), steps: 1 };
  const comparison = await finish(compare(request));
  await guarded.dispose();
  const [row] = comparison.rows;
  expect(row?.flagged).toEqual([true, true, true, true]);
  for (const { data } of row?.images ?? []) expect(data.every((value) => value === 0)).toBe(true);
  const captions = comparisonGrid(comparison).rows[0]?.cells.map((cell) => cell && 'caption' in cell);
  expect(captions).toEqual([true, true, true, true]);
});

test('a comparison of nothing is refused', async () => {
  await expect(finish(compare({ pipeline, students: [], prompts: [] }))).rejects.toThrow(InputError);
});
