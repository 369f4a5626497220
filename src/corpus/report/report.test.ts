import { SaxesParser } from 'saxes';
import { expect, test } from 'vitest';
import { type Mark, marks, type Reason, type Repair, reasons, repairs } from '../reasons.ts';
import { defaultRules } from '../rules.ts';
import type { CorpusReport, SourceCounts } from './corpusReport.ts';
import { reportHtml } from './html.ts';
import { summaryTable, totalOf } from './summary.ts';

const each = <Name extends string>(names: readonly Name[], first: number) =>
  Object.fromEntries(names.map((name, i) => [name, first + 7 * i])) as Record<Name, number>;

function source(path: string, first: number): SourceCounts {
  const dropped = each<Reason>(reasons, first);
  const lost = Object.values(dropped).reduce((a, b) => a + b, 0);
  const counts = { repaired: each<Repair>(repairs, first + 200), marked: each<Mark>(marks, first + 300) };
  return {
    path,
    corpus: 'aihub-126',
    format: 'xlsx',
    rows: 900_000 + first,
    kept: 900_000 + first - lost,
    dropped,
    ...counts,
  };
}

const sources = [source('1_구어체(1).xlsx', 1003), source('<script>alert(1)</script> & "x".xlsx', 5001)];
const report: CorpusReport = {
  seed: 7,
  rules: defaultRules,
  tokenizers: [{ name: 'teacher', fingerprint: '0123456789abcdef' }],
  sources,
  skipped: [{ path: 'twin<1>.csv', why: 'twin', of: 'twin.json' }],
  domains: [{ corpus: 'aihub-126', domain: '경제 & 사회', pairs: 1234 }],
  pairs: sources.reduce((sum, { kept }) => sum + kept, 0),
  samples: [{ pairs: 10_000, train: 8017, validation: 1983 }],
  largestGroup: 41,
  histograms: [
    {
      corpus: 'aihub-126',
      language: 'ko',
      measure: 'teacher',
      binSize: 6,
      counts: [0, 5, 90, 80, 40, 30, 20, 10, 9, 8, 7, 6, 5, 4, 3, 2],
    },
    { corpus: 'aihub-126', language: 'en', measure: 'characters', binSize: 10, counts: [0, 0, 0] },
  ],
  fingerprint: 'fedcba9876543210',
};
const html = reportHtml(report);
const text = (value: number) => value.toLocaleString('en');

test('the page is well-formed, and needs nothing from elsewhere', () => {
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.write(html.replace('<!doctype html>', '')).close();
  expect(html).not.toMatch(/https?:|<script|src=|@import|url\(/);
});

test('every count of every source is on it, and names are only text', () => {
  for (const { rows, kept, dropped, repaired, marked } of sources) {
    for (const value of [
      rows,
      kept,
      ...Object.values(dropped),
      ...Object.values(repaired),
      ...Object.values(marked),
    ]) {
      expect(html).toContain(`>${text(value)}<`);
    }
  }
  expect(html).toContain('&#60;script&#62;');
  expect(html).toContain('twin&#60;1&#62;.csv');
});

test('what is left after all reasons is what was kept', () => {
  const { rows, kept, dropped } = totalOf(sources);
  expect(rows - Object.values(dropped).reduce((a, b) => a + b, 0)).toBe(kept);
  expect(kept).toBe(report.pairs);
});

test('the limit of 77 tokens is drawn where tokens are counted, and only there', () => {
  expect(html.match(/class="limit"/g)).toHaveLength(1);
});

test('the table for the terminal has a row a source and their sum', () => {
  const table = summaryTable(report, 'ko');
  expect(table).toHaveLength(4);
  expect(table.at(-1)![3]).toBe(text(report.pairs));
});
