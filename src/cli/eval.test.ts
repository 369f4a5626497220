import { existsSync } from 'node:fs';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { writeTinyClip } from '../evaluation/testing/clipFolder.ts';
import { decodePng } from '../pictures/png.ts';
import { ksd, requireBuild, root, startKsd, temporaryFolder } from './testing.ts';

beforeAll(requireBuild);

test('eval prints a table, and writes it as JSON and Markdown with examples', async () => {
  const folder = await temporaryFolder();
  const few = ['--sets', 'seen-white', '--count', '1', '--steps', '1', '--pairs-count', '8'];
  const args = ['eval', 'none', ...few, '--out', 'eval.json'];
  const { status, stdout } = await ksd(folder, args);
  expect(status).toBe(0);
  expect(stdout).toMatch(/emoji-sd en +seen white/);
  const json = JSON.parse(await readFile(join(folder, 'eval.json'), 'utf8'));
  expect(json.rows).toHaveLength(2);
  expect(json.states.pool).toBe(8);
  expect(await readFile(join(folder, 'eval.md'), 'utf8')).toContain('| emoji-sd ko');
  expect(decodePng(await readFile(join(folder, 'eval.png'))).image.width).toBeGreaterThan(400);
});

test('eval measures a student on the Korean suite without drawing, and writes a report', async () => {
  const folder = await temporaryFolder();
  const settings = ['--on', 'korean', '--measures', 'conditioning', '--count', '3', '--steps', '3'];
  const { status, stdout } = await ksd(folder, ['eval', 'roberta', ...settings, '--out', 'korean.json']);
  expect(status).toBe(0);
  expect(stdout).toMatch(/condition left +n +emoji-sd en +emoji-sd ko +roberta ko +roberta en/);
  const { suites, rows, states } = JSON.parse(await readFile(join(folder, 'korean.json'), 'utf8'));
  expect([suites.length, suites[0].name, rows, states]).toEqual([1, 'korean', [], undefined]);
  const recovered = (name: string): number =>
    suites[0].conditioning.rows.find(({ system }: { system: string }) => system === name).recovered.mean;
  expect(recovered('emoji-sd en')).toBe(1);
  expect(recovered('roberta ko')).toBeGreaterThan(recovered('emoji-sd ko'));
  expect(await readFile(join(folder, 'korean.html'), 'utf8')).toContain('Condition that reaches the U-Net');
});

test('eval goes on after it was killed, to the same result', async () => {
  const [killed, whole] = [await temporaryFolder(), await temporaryFolder()];
  const few = [
    '--on',
    'emoji,korean',
    '--sets',
    'seen-white',
    '--count',
    '3',
    '--steps',
    '2',
    '--batch',
    '2',
  ];
  const args = ['eval', 'none', ...few, '--measures', 'conditioning,pictures', '--out', 'eval.json'];
  const journal = join(killed, 'eval.unfinished');
  const kept = () =>
    readdir(journal).then(
      (names) => names.filter((name) => !name.startsWith('.')),
      () => [],
    );
  const { child, finished } = startKsd(killed, args);
  while ((await kept()).filter((name) => name.endsWith('.png')).length < 3 && child.exitCode === null) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  child.kill('SIGKILL');
  await finished;
  expect(existsSync(join(killed, 'eval.json'))).toBe(false);
  expect((await kept()).some((name) => name.endsWith('.json'))).toBe(true);
  const [resumed, unbroken] = [await ksd(killed, args), await ksd(whole, args)];
  expect([resumed.status, unbroken.status]).toEqual([0, 0]);
  for (const file of ['eval.json', 'eval.html', 'eval.md', 'eval.png', 'eval-korean.svg']) {
    expect((await readFile(join(killed, file))).equals(await readFile(join(whole, file))), file).toBe(true);
  }
  expect(existsSync(journal)).toBe(false);
});

test('eval tells domains of pairs apart, in a file as in a corpus', async () => {
  const folder = await temporaryFolder();
  const captions = (await readFile(join(root, 'models/emoji-sd/captions/held_out.jsonl'), 'utf8')).split(
    '\n',
  );
  const rows = captions
    .slice(0, 240)
    .map((line, i) => ({ ...JSON.parse(line), domain: i % 2 ? '음식' : '동물' }));
  await writeFile(join(folder, 'pairs.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const build = ['corpus', 'build', 'pairs.jsonl', '--out', 'corpus'];
  expect((await ksd(folder, build)).status).toBe(0);
  for (const pairs of ['pairs.jsonl', 'corpus']) {
    const measure = ['eval', 'none', '--measures', 'states', '--pairs', pairs, '--pairs-count', '60'];
    const { status, stdout } = await ksd(folder, [...measure, '--out', 'eval.json']);
    expect([pairs, status]).toEqual([pairs, 0]);
    expect(stdout).toMatch(/domain 음식 +\d+/);
    expect(stdout).toMatch(/tokens 2–8 +\d+/);
    const { states } = JSON.parse(await readFile(join(folder, 'eval.json'), 'utf8'));
    const domains = states.rows[0].groups.filter(({ by }: { by: string }) => by === 'domain');
    expect(domains.map(({ name }: { name: string }) => name).sort()).toEqual(['동물', '음식']);
  }
});

test('eval lets a CLIP judge the pictures of a suite that nothing else can recognise', async () => {
  const folder = await temporaryFolder();
  await writeTinyClip(join(folder, 'clip'));
  const few = ['--on', 'original', '--measures', 'conditioning', '--count', '2', '--steps', '1'];
  const args = ['eval', 'none', ...few, '--clip-score', 'clip', '--out', 'eval.json'];
  const { status, stdout } = await ksd(folder, args);
  expect([status, stdout]).toEqual([0, expect.stringContaining('CLIP score: original, by clip')]);
  const { suites } = JSON.parse(await readFile(join(folder, 'eval.json'), 'utf8'));
  expect(suites[0].clipScore.rows.map(({ score }: { score: { n: number } }) => score.n)).toEqual([2, 2]);
  expect(await readFile(join(folder, 'eval.html'), 'utf8')).toContain('CLIP score');
  const none = await ksd(folder, [
    'eval',
    'none',
    ...few,
    '--clip-score',
    join(root, 'models/students/clip'),
  ]);
  expect([none.status, none.stderr]).toEqual([1, expect.stringContaining('whole CLIP')]);
});

test('eval refuses sets of a suite that it does not measure', async () => {
  const args = ['eval', '--on', 'korean', '--sets', 'seen-white'];
  const { status, stderr } = await ksd(await temporaryFolder(), args);
  expect([status, stderr]).toEqual([1, expect.stringContaining('add emoji to --on')]);
});

test('eval refuses a suite that is none, and states without pairs', async () => {
  const folder = await temporaryFolder();
  const { status, stderr } = await ksd(folder, ['eval', '--on', 'klingon']);
  expect([status, stderr]).toEqual([1, expect.stringContaining('emoji, korean, original')]);
  const elsewhere = join(root, 'models', 'elsewhere');
  const other = await ksd(folder, ['eval', '--measures', 'states', '--model', elsewhere]);
  expect([other.status, other.stderr]).toEqual([1, expect.stringContaining('--pairs')]);
});

test('fid is nothing between a folder and itself, and something between two', async () => {
  const folder = await temporaryFolder();
  await writeTinyClip(join(folder, 'clip'));
  const pictures = join(root, 'fixtures/reference/safety/pictures');
  await cp(pictures, join(folder, 'some'), {
    recursive: true,
    filter: (path) => !path.endsWith('plain.png'),
  });
  const distance = async (a: string, b: string) => {
    const { status, stdout, stderr } = await ksd(folder, ['fid', a, b, '--features', 'clip']);
    expect([status, stderr]).toEqual([0, expect.stringContaining('compare sets of equal size only')]);
    return Number(/^CLIP-FID ([\d.]+)$/m.exec(stdout)?.[1]);
  };
  expect(await distance(pictures, pictures)).toBeLessThan(1e-3);
  expect(await distance(pictures, 'some')).toBeGreaterThan(1e-3);
  const none = await ksd(folder, ['fid', pictures, 'clip', '--features', 'clip']);
  expect([none.status, none.stderr]).toEqual([1, expect.stringContaining('holds 0 PNG pictures')]);
});

test('leaderboard puts evaluations side by side on a page', async () => {
  const folder = await temporaryFolder();
  const files = ['eval', 'korean'].map((name) => join(root, 'docs', 'results', `${name}.json`));
  const { status, stdout } = await ksd(folder, ['leaderboard', ...files, '--out', 'results.md']);
  expect([status, stdout]).toEqual([0, 'results.md\n']);
  expect(await readFile(join(folder, 'results.md'), 'utf8')).toMatch(
    /\| roberta ko +\| \*\*96 % \[87, 99\]\*\*/,
  );
  const curves = ['--curves', join(root, 'docs', 'results')];
  const none = await ksd(folder, ['leaderboard', ...files, ...curves]);
  expect([none.status, none.stderr]).toEqual([1, expect.stringContaining('no curve')]);
});
