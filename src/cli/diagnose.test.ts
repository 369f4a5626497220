import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { writeGuardedModel } from '../generation/testing/guardedModel.ts';
import { decodePng } from '../pictures/png.ts';
import { ksd, requireBuild, temporaryFolder } from './testing.ts';

beforeAll(requireBuild);

const pairs = [
  { ko: '빨간 사과', en: 'red apple' },
  { ko: '파란색 배경의 집', en: 'a house on a blue background' },
  { ko: '우산', en: 'umbrella' },
];

async function folderWithPairs(): Promise<string> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'pairs.jsonl'), pairs.map((pair) => `${JSON.stringify(pair)}\n`).join(''));
  return folder;
}

const brief = ['--pairs', 'pairs.jsonl', '--nearest', '2', '--steps', '2'];

test('tells what a prompt is read as, and writes a page and a figure', async () => {
  const folder = await folderWithPairs();
  const args = ['diagnose', '빨간 사과', '--reference', 'a red apple', ...brief, '--figure', 'figure.png'];
  const { status, stdout, stderr } = await ksd(folder, args);
  expect(stderr).not.toContain('✗');
  expect(status).toBe(0);
  for (const said of ['사과‹6 bytes›', 'condition that arrives', 'among 3 pairs', '(after the end)']) {
    expect(stdout).toContain(said);
  }
  expect(stdout.trim().split('\n').slice(-3)).toEqual([
    join('out', 'diagnose.html'),
    'figure.png',
    'figure.svg',
  ]);
  expect(await readFile(join(folder, 'out', 'diagnose.html'), 'utf8')).toMatch(/^<!doctype html>/);
  expect(decodePng(await readFile(join(folder, 'figure.png'))).image.width).toBeGreaterThan(400);
});

test('gives programs JSON and nothing else on stdout', async () => {
  const folder = await folderWithPairs();
  const args = ['diagnose', '빨간 사과', '--student', 'none', '--json', ...brief];
  const { status, stdout } = await ksd(folder, args);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ prompt: '빨간 사과', own: true, neighbors: { pool: 3 } });
});

test('says that the safety checker blacked the picture out', async () => {
  const folder = await temporaryFolder();
  await writeGuardedModel(join(folder, 'guarded'), -2);
  const args = ['diagnose', 'a house', '--model', 'guarded', '--steps', '1', '--device', 'cpu'];
  const { status, stderr } = await ksd(folder, args);
  expect(status).toBe(0);
  expect(stderr).toContain('the safety checker blacked out 1');
});

test('says what is wrong with pairs that are none', async () => {
  const folder = await temporaryFolder();
  const { status, stderr } = await ksd(folder, ['diagnose', '사과', '--pairs', 'gone.jsonl']);
  expect(status).toBe(1);
  expect(stderr).toContain('gone.jsonl');
  expect(stderr).toContain('→');
});
