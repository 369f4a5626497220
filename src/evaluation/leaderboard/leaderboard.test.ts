import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { learningCurves } from './curves.ts';
import { leaderboardPage } from './page.ts';
import { type Results, readResults } from './results.ts';
import { boardsOf } from './standings.ts';

let packaged: Results[];

beforeEach(async () => {
  packaged = await Promise.all(['eval', 'korean'].map((name) => readResults(`docs/results/${name}.json`)));
});

const page = (results: readonly Results[]) => leaderboardPage(results, { command: 'ksd leaderboard a.json' });

/** Cells of the first line of the table below a heading that begins with `name`. */
function line(text: string, heading: string, name: string): string[] {
  const section = text.slice(text.indexOf(heading));
  const found = section.split('\n').find((one) => one.startsWith(`| ${name}`)) ?? '';
  return found.split('|').map((cell) => cell.trim());
}

/** The same evaluation of another student: `change` gets the row of the student in Korean. */
function another(results: Results, name: string, share: number): Results {
  const rows = results.rows
    .filter(({ system }) => system === 'roberta ko')
    .map((row) => ({ ...row, system: `${name} ko`, both: { ...row.both, share, right: share * row.n } }));
  return { ...results, path: `${name}.json`, rows, students: [{ name, weights: name, trainPairs: 100 }] };
}

describe('the page', () => {
  test('has every system with its interval, the goal first and the others from good to bad', () => {
    const text = page(packaged);
    expect(line(text, '## Pictures drawn right: emoji', 'roberta ko')[3]).toBe('**88 % [77, 94]**');
    expect(line(text, '## States', 'emoji-sd ko')[2]).toBe('-0.71 [-0.73, -0.69]');
    const section = text.slice(text.indexOf('## Pictures drawn right: korean'));
    const order = ['emoji-sd en', 'roberta en', 'roberta ko', 'roberta-pooler ko'].map((name) =>
      section.indexOf(name),
    );
    expect(order).toEqual([...order].sort((a, b) => a - b));
    for (const { command } of packaged) expect(text).toContain(command);
  });

  test('marks nobody as the best where no student has anything right', () => {
    expect(line(page(packaged), '## Pictures drawn right: korean', 'negation').join(' ')).not.toContain('**');
    expect(line(page(packaged), '## Pictures drawn right: korean', 'plain').join(' ')).toContain('**100 %');
  });

  test('has the scores of a CLIP', () => {
    const [first] = packaged as [Results];
    const score = { mean: 26.5, low: 25, high: 28, n: 102 };
    const row = { system: 'roberta ko', label: 'roberta', language: 'ko' as const, score };
    const suites = first.suites.map((suite) => ({ ...suite, clipScore: { clip: 'clip-b32', rows: [row] } }));
    const text = page([{ ...first, suites }]);
    expect(line(text, '## CLIP score: emoji, by clip-b32', 'roberta ko')[2]).toBe('**26.50 [25.00, 28.00]**');
  });

  test('names the source of each value where there are several', () => {
    const [first] = packaged as [Results];
    const text = page([first, another(first, 'newcomer', 1)]);
    const newcomer = line(text, '## Pictures drawn right: emoji', 'newcomer ko')[2];
    expect(newcomer).toMatch(/^\*\*100 % .*\*\* <sub>2<\/sub>$/);
    expect(line(text, '## Pictures drawn right: emoji', 'roberta ko')[2]).toMatch(/^96 % .*<sub>1<\/sub>$/);
  });
});

describe('systems', () => {
  const names = (results: readonly Results[]) =>
    boardsOf(results).flatMap(({ standings }) => standings.map(({ name }) => name));

  test('of one name and the same weights are one, measured in several files', () => {
    expect(names(packaged).filter((name) => name.startsWith('roberta ko'))).toEqual(['roberta ko']);
  });

  test('of one name and other weights are told apart by their files', () => {
    const [first] = packaged as [Results];
    const other = { ...another(first, 'roberta', 1), path: 'runs/other.json' };
    expect(names([first, other]).filter((name) => name.startsWith('roberta ko'))).toEqual([
      'roberta ko (eval.json)',
      'roberta ko (other.json)',
    ]);
  });

  test('of another model stand on a board of their own', () => {
    const [first] = packaged as [Results];
    expect(boardsOf([first, { ...first, model: 'other' }]).map(({ model }) => model)).toEqual([
      'emoji-sd',
      'other',
    ]);
  });

  test('keep the value of more texts', () => {
    const [first] = packaged as [Results];
    const few = {
      ...first,
      rows: first.rows.map((row) => ({ ...row, n: 5, both: { ...row.both, share: 0.2 } })),
    };
    for (const results of [
      [first, few],
      [few, first],
    ]) {
      const values = boardsOf(results)[0]!.standings.find(({ name }) => name === 'roberta ko')!.values;
      expect(values.get('pictures emoji probe seen-color')!.n).toBe(51);
    }
  });
});

describe('learning curves', () => {
  test('have a point for each number of pairs', () => {
    const [first] = packaged as [Results];
    const grown = [1, 5, 25].map((factor) => {
      const { students, ...rest } = another(first, `student-${factor}`, factor / 25);
      return { ...rest, students: students.map((one) => ({ ...one, trainPairs: 1000 * factor })) };
    });
    const svg = learningCurves(grown);
    for (const label of ['1000', '5000', '25k', 'right: unseen combination'])
      expect(svg).toContain(`>${label}</text>`);
    const text = leaderboardPage(packaged, {
      command: 'x',
      curves: { figure: 'figures/a.png', results: grown },
    });
    expect(text).toContain('](figures/a.png)');
    expect(line(text, '## Learning curves', '25,000')[3]).toMatch(/^100 %/);
  });

  test('cannot be drawn of students that do not say what they learnt from', () => {
    expect(() => learningCurves(packaged)).toThrow('Of 2 evaluations, 0 say');
  });
});

test('a file that is no evaluation is named with the field that does not fit', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ksd-results-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const json = JSON.parse(await readFile('docs/results/eval.json', 'utf8'));
  const path = join(folder, 'bad.json');
  await writeFile(path, JSON.stringify({ ...json, goal: 3 }));
  await expect(readResults(path)).rejects.toThrow(/bad\.json is no evaluation: goal/);
});
