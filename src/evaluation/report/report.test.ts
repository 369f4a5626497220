import { expect, test } from 'vitest';
import { solid } from '../../pictures/image.ts';
import type { Estimate } from '../bootstrap.ts';
import type { SuiteItem } from '../emojiSuite.ts';
import type { EvaluatedPicture, Evaluation, EvaluationRow } from '../evaluatePictures.ts';
import { likeness } from '../likeness.ts';
import { proportion } from '../proportion.ts';
import type { StatesRow } from '../states.ts';
import type { EvaluationReport } from './evaluationReport.ts';
import { reportJson } from './evaluationReport.ts';
import { evaluationHtml } from './html.ts';
import { reportTables } from './tables.ts';

const labels = {
  'sd en': ['원본 + 영어\noriginal + English', 'en', 1],
  'sd ko': ['원본 + 한국어 (전)\noriginal + Korean (before)', 'ko', -0.25],
  'mine ko': ['mine + 한국어 (후)\nmine + Korean (after)', 'ko', 0.75],
} as const;
const systems = Object.entries(labels).map(([system, [label, language, value]]) => {
  return { system, label, language, value };
});
const about = (mean: number): Estimate => ({ mean, low: mean - 0.1, high: mean + 0.1, n: 2 });
const items = ['<b>사과</b>', '로켓'].map((ko): SuiteItem => {
  return { set: 'plain', ko, en: 'a & b', object: '1f34e', background: 'red' };
});
const pictures: readonly EvaluatedPicture[] = systems.flatMap(({ system, value }) =>
  items.map((item, seed) => ({
    ...{ system, item, seed },
    picture: solid(8, 8, [90 * seed, 0, 0]),
    score: { rank: value > 0 ? 1 : 7, nearest: '1f34e', background: 'red', backgroundRight: true },
  })),
);
const drawn: Evaluation = {
  model: 'sd',
  settings: { steps: 2, guidance: 5, scheduler: 'unipc', seed: 0, batch: 8 },
  rows: systems.map(({ system, label, language, value }): EvaluationRow => {
    const right = proportion(value > 0 ? 2 : 0, 2);
    return {
      ...{ system, label, language, set: 'plain', n: 2 },
      ...{ top1: right, top5: right, top20: right, background: proportion(2, 2), both: right },
    };
  }),
  pictures,
};
const recall = { 1: about(0.5), 5: about(0.6), 10: about(0.7) };
const statesRows = [
  ...systems,
  { system: 'mean', label: '평균\nmean', language: 'ko' as const, value: 0 },
].map(
  ({ system, label, language, value }): StatesRow => ({
    ...{ system, label, language, baseline: system === 'mean', n: 2, mse: about(0.1), cosine: about(0.9) },
    r2: { start: undefined, content: about(value), afterEnd: about(value), all: about(value) },
    retrieval: {
      pooled: { toTeacher: recall, fromTeacher: recall },
      tokens: { toTeacher: recall, fromTeacher: recall },
    },
    groups: [{ by: 'length', name: '2–8', n: 2, r2: about(value), found: about(0.5) }],
  }),
);
const report: EvaluationReport = {
  model: 'sd',
  goal: 'sd en',
  before: 'sd ko',
  settings: { steps: 2, seed: 0 },
  states: { pool: 2, rows: statesRows, pairs: 'held_out.jsonl', fitted: { count: 9, from: 'train.jsonl' } },
  suites: [
    {
      name: 'korean',
      title: { ko: '한국어', en: 'Korean' },
      probes: { plain: { ko: '평범한 문장', en: 'plain sentences' } },
      prompts: 2,
      pictures: drawn,
      likeness: likeness(pictures, 'sd en')!,
      conditioning: {
        model: 'sd',
        settings: { steps: 2, guidance: 5, scheduler: 'unipc', seed: 0 },
        calls: [0],
        rows: systems.map(({ system, label, language, value }) => ({
          ...{ system, label, language, recovered: about(value) },
          probes: [{ probe: 'plain', recovered: about(value) }],
        })),
        prompts: items.map(({ ko, en }) => ({ ko, en, probe: 'plain', recovered: [1, -0.25, 0.75] })),
      },
    },
  ],
};
const html = evaluationHtml(report, () => solid(8, 8, [0, 255, 0]));

test('the page stands by itself, in both languages, and takes no prompt for markup', () => {
  expect(html).not.toMatch(/(?:src|href)="(?!data:)|<script|@import|url\(/);
  expect(html.match(/lang="ko">/g)!.length).toBe(html.match(/lang="en">/g)!.length + 1);
  for (const text of ['평범한 문장', 'plain sentences', '한국어 (후)', 'Korean (after)'])
    expect(html).toContain(text);
  expect(html).toContain('&#60;b&#62;사과');
  expect(html).not.toContain('<b>사과');
  expect(html).not.toMatch(/NaN|undefined|Infinity/);
});

test('its first lines say what the student makes of Korean, from what to what', () => {
  const header = html.slice(html.indexOf('<header>'), html.indexOf('</header>'));
  expect(header).toContain('mine + 한국어 (후)');
  const tiles = header.split('class="tile"').slice(1);
  expect(tiles).toHaveLength(4);
  expect(tiles[0]).toMatch(/<b>100<i>.*before.* 0%.*100%/);
  expect(tiles[1]).toMatch(/<b>75<i>.*before.* −25%.*100%/);
});

test('pictures carry a tick where they are right and a cross where they are not', () => {
  expect(html.match(/<img /g)).toHaveLength(items.length * (systems.length + 1));
  expect(html.match(/✓/g)).toHaveLength(4);
  expect(html.match(/✗/g)).toHaveLength(2);
});

test('what was not measured is left out', () => {
  const { states: _, ...rest } = report;
  const [{ pictures: _drawn, likeness: _like, ...suite }] = rest.suites as [
    EvaluationReport['suites'][number],
  ];
  const short = evaluationHtml({ ...rest, suites: [suite] }, () => solid(8, 8, [0, 0, 0]));
  for (const title of ['Text states', 'Examples', 'drawn right']) {
    expect(html).toContain(title);
    expect(short).not.toContain(title);
  }
  expect(short).toContain('Condition that reaches the U-Net');
});

test('JSON holds everything but pixels, with the rows of pictures where they always were', () => {
  const json = JSON.parse(JSON.stringify(reportJson(report)));
  expect(json.rows).toHaveLength(systems.length);
  expect(json.rows[0]).toMatchObject({ suite: 'korean', system: 'sd en', set: 'plain' });
  expect(json.pictures[0]).toMatchObject({ suite: 'korean', system: 'sd en', rank: 1 });
  expect(JSON.stringify(json)).not.toContain('"picture":');
  expect(json.suites[0].conditioning.rows).toHaveLength(systems.length);
  expect(json.states.rows[3]).toMatchObject({ system: 'mean', baseline: true });
});

test('tables of text name what they are about', () => {
  const tables = reportTables(report);
  for (const title of ['pictures: korean', 'conditioning: korean', 'found among 2']) {
    expect(tables).toContain(`### `);
    expect(tables).toContain(title);
  }
  expect(tables).toMatch(/\| plain +\| 2 +\| 100 % \[90, 110\]/);
  expect(reportTables(report, { format: 'terminal' })).not.toContain('|');
});
