/**
 * The report as a page of its own.
 */
import { both, page, said, section, type Words } from '../../pictures/page.ts';
import { escapeXml } from '../../pictures/svg.ts';
import { marks, reasons, repairs } from '../reasons.ts';
import { histogramChart } from './charts.ts';
import type { CorpusReport, Histogram, SourceCounts } from './corpusReport.ts';
import { commonFolder } from './paths.ts';
import { totalOf } from './summary.ts';
import {
  type Explained,
  histogramTitle,
  markWords,
  reasonWords,
  repairWords,
  skippedWords,
} from './words.ts';

const count = (value: number) => value.toLocaleString('en');
const percent = (part: number, whole: number) =>
  whole === 0 ? '0%' : `${((100 * part) / whole).toFixed(1)}%`;

/** The whole page. The same report gives the same bytes. */
export function reportHtml(report: CorpusReport): string {
  const sections = [
    headline(report),
    flow(report),
    sources(report),
    changes(report),
    lengths(report),
    samples(report),
    domains(report),
    skipped(report),
    facts(report),
  ];
  return page(`${count(report.pairs)}쌍 · 말뭉치 보고서`, sections);
}

function headline({ sources: all, pairs }: CorpusReport): string {
  const { rows } = totalOf(all);
  return `<header><h1>${both('말뭉치 보고서', 'Corpus report')}</h1>
<p class="headline"><b>${count(pairs)}</b> ${both('쌍', 'pairs')} <span class="quiet">/ ${count(rows)} ${both('행', 'rows')} · ${percent(pairs, rows)}</span></p></header>`;
}

/** What is left after each reason, as bars from all rows down to the pairs. */
function flow({ sources: all, pairs }: CorpusReport): string {
  const { rows, dropped } = totalOf(all);
  let left = rows;
  const lines = reasons.flatMap((reason) => {
    const lost = dropped[reason];
    if (lost === undefined) return [];
    left -= lost;
    return [flowRow(said(reasonWords[reason].name), said(reasonWords[reason].why), lost, left, rows)];
  });
  return section(
    '무엇을 왜 버렸나',
    'What was dropped, and why',
    `<table class="flow"><caption>${both('위에서부터 차례로, 처음 걸린 까닭 하나로 셉니다.', 'In this order; a row is counted under the first reason that applies.')}</caption>
<thead><tr><th scope="col">${both('까닭', 'reason')}</th><th scope="col" class="number">${both('행', 'rows')}</th><th scope="col" class="wide">${both('남은 행', 'rows left')}</th></tr></thead>
<tbody>${lines.join('')}<tr class="total"><th scope="row">${both('남은 쌍', 'pairs kept')}</th><td class="number">${count(pairs)}</td><td class="wide"><span class="track"><span class="keep" style="width:${percent(pairs, rows)}"></span></span></td></tr></tbody></table>`,
  );
}

function flowRow(name: string, why: string, lost: number, left: number, rows: number): string {
  const bars = `<span class="track"><span class="keep" style="width:${percent(left, rows)}"></span><span class="drop" style="width:${percent(lost, rows)}"></span></span>`;
  return `<tr><th scope="row">${name}<small>${why}</small></th><td class="number">−${count(lost)}</td><td class="wide">${bars}</td></tr>`;
}

function sources({ sources: all }: CorpusReport): string {
  const used = reasons.filter((reason) => all.some(({ dropped }) => dropped[reason] !== undefined));
  const names = [
    both('행', 'rows'),
    both('쌍', 'pairs'),
    ...used.map((reason) => said(reasonWords[reason].name)),
  ];
  const counts = ({ rows, kept, dropped }: Pick<SourceCounts, 'rows' | 'kept' | 'dropped'>) => [
    rows,
    kept,
    ...used.map((reason) => dropped[reason] ?? 0),
  ];
  const total = all.length > 1 ? countRow(both('모두', 'all'), counts(totalOf(all)), 'total') : '';
  return section('파일마다', 'File by file', fileTable(all, names, counts, total));
}

function changes({ sources: all }: CorpusReport): string {
  const columns = [
    ...repairs.map((name) => ({
      words: repairWords[name],
      of: ({ repaired }: SourceCounts) => repaired[name] ?? 0,
    })),
    ...marks.map((name) => ({ words: markWords[name], of: ({ marked }: SourceCounts) => marked[name] ?? 0 })),
  ].filter(({ of }) => all.some((source) => of(source) > 0));
  if (columns.length === 0) return '';
  const names = columns.map(({ words }) => said(words.name));
  const table = fileTable(all, names, (source) => columns.map(({ of }) => of(source)));
  const notes = columns.map(({ words }) => explanation(words)).join('');
  return section('고친 것과 눈여겨볼 것', 'Repaired, and worth knowing', table, `<dl>${notes}</dl>`);
}

/** A row a source with its counts, under the names of what is counted; `more` are rows that follow. */
function fileTable(
  all: readonly SourceCounts[],
  names: readonly string[],
  counts: (source: SourceCounts) => readonly number[],
  more = '',
): string {
  const folder = commonFolder(all.map(({ path }) => path));
  const caption = folder === '' ? '' : `<caption>${escapeXml(folder)}</caption>`;
  const header = names.map((name) => `<th scope="col" class="number">${name}</th>`).join('');
  const rows = all.map((source) => {
    const { corpus, path, format } = source;
    const name = `${escapeXml(path.slice(folder.length))}<small>${escapeXml(corpus)} · ${format}</small>`;
    return countRow(name, counts(source));
  });
  return `<div class="scroll"><table>${caption}<thead><tr><th scope="col">${both('파일', 'file')}</th>${header}</tr></thead><tbody>${rows.join('')}${more}</tbody></table></div>`;
}

function countRow(name: string, counts: readonly number[], kind?: string): string {
  const cells = counts.map(
    (value) => `<td class="number">${value === 0 ? '<span class="quiet">·</span>' : count(value)}</td>`,
  );
  return `<tr${kind === undefined ? '' : ` class="${kind}"`}><th scope="row">${name}</th>${cells.join('')}</tr>`;
}

function explanation({ name, why }: Explained): string {
  return `<div><dt>${said(name)}</dt><dd>${said(why)}</dd></div>`;
}

function lengths({ histograms }: CorpusReport): string {
  const corpora = [...new Set(histograms.map(({ corpus }) => corpus))];
  const groups = corpora.map((corpus) => {
    const charts = histograms.filter((histogram) => histogram.corpus === corpus).map(figure);
    return `<h3>${escapeXml(corpus)}</h3><div class="charts">${charts.join('')}</div>`;
  });
  if (groups.length === 0) return '';
  const note = both(
    '77토큰보다 긴 것도, 중복도 센 길이입니다.',
    'Lengths before the limit of 77 tokens and before duplicates were dropped.',
  );
  return section('길이', 'Lengths', `<p class="quiet">${note}</p>`, ...groups);
}

function figure(histogram: Histogram): string {
  const title = histogramTitle(histogram);
  return `<figure>${histogramChart(histogram, `${histogram.corpus}, ${title.ko}`)}<figcaption>${said(title)}</figcaption></figure>`;
}

function samples({ samples: all }: CorpusReport): string {
  if (all.length === 0) return '';
  const rows = all.map(
    ({ pairs, train, validation }) =>
      `<tr><th scope="row" class="number">${count(pairs)}</th><td class="number">${count(train)}</td><td class="number">${count(validation)}</td></tr>`,
  );
  const note = both(
    '작은 표본은 큰 표본에 모두 들어 있고, 같은 문장은 늘 한쪽에만 있습니다.',
    'A smaller sample is part of every larger one, and a sentence is always on one side only.',
  );
  return section(
    '표본',
    'Samples',
    `<table class="narrow"><caption>${note}</caption><thead><tr><th scope="col" class="number">${both('쌍', 'pairs')}</th><th scope="col" class="number">${both('학습', 'training')}</th><th scope="col" class="number">${both('검증 20%', 'validation, 20%')}</th></tr></thead><tbody>${rows.join('')}</tbody></table>`,
  );
}

const mostDomains = 30;

function domains({ domains: all, pairs }: CorpusReport): string {
  const named = all.filter(({ domain }) => domain !== '');
  if (named.length === 0) return '';
  const most = named[0]!.pairs;
  const rows = named
    .slice(0, mostDomains)
    .map(
      ({ corpus, domain, pairs: own }) =>
        `<tr><th scope="row">${escapeXml(domain)}<small>${escapeXml(corpus)}</small></th><td class="number">${count(own)}</td><td class="wide"><span class="track"><span class="keep" style="width:${percent(own, most)}"></span></span></td></tr>`,
    );
  const more =
    named.length > mostDomains
      ? `<p class="quiet">${both(`그 밖에 ${named.length - mostDomains}개`, `and ${named.length - mostDomains} more`)}</p>`
      : '';
  return section(
    '분야',
    'Domains',
    `<table class="flow"><thead><tr><th scope="col">${both('분야', 'domain')}</th><th scope="col" class="number">${both('쌍', 'pairs')}</th><th scope="col" class="wide">${percent(most, pairs)} ${both('까지', 'at most')}</th></tr></thead><tbody>${rows.join('')}</tbody></table>${more}`,
  );
}

function skipped({ skipped: all }: CorpusReport): string {
  if (all.length === 0) return '';
  const rows = all.map(
    ({ path, why, of }) =>
      `<tr><th scope="row">${escapeXml(path)}</th><td>${said(skippedWords[why])}${of === undefined ? '' : `<small>${escapeXml(of)}</small>`}</td></tr>`,
  );
  return section('건너뛴 파일', 'Files left out', `<table><tbody>${rows.join('')}</tbody></table>`);
}

const fitWords: Readonly<Record<string, Words>> = {
  original: {
    ko: '양쪽 모두 교사의 토크나이저로 77토큰까지',
    en: 'both sides within 77 tokens of the teacher',
  },
  student: {
    ko: '영어는 교사와 학생, 한국어는 학생의 토크나이저로 77토큰까지',
    en: 'English within 77 tokens of teacher and student, Korean of the student',
  },
  none: { ko: '길이를 제한하지 않음', en: 'any length' },
};
const uniqueWords: Readonly<Record<string, Words>> = {
  pair: { ko: '쌍마다 한 번', en: 'each pair once' },
  en: { ko: '영어 문장마다 한 번', en: 'each English sentence once' },
  ko: { ko: '한국어 문장마다 한 번', en: 'each Korean sentence once' },
  either: { ko: '문장마다 한 번', en: 'each sentence once' },
};

function facts({ seed, rules, tokenizers, fingerprint, largestGroup }: CorpusReport): string {
  const group = both(
    `${count(largestGroup)}쌍. 같은 문장으로 이어진 쌍들은 학습과 검증 가운데 한쪽에만 있습니다.`,
    `${count(largestGroup)} pairs. Pairs that equal sentences connect stand on one side of a split.`,
  );
  const entries: [string, string][] = [
    [both('길이 규칙', 'length rule'), said(fitWords[rules.fit]!)],
    [both('중복 규칙', 'rule for duplicates'), said(uniqueWords[rules.unique]!)],
    [both('길이 비율', 'length ratio'), `${rules.ratio[0]}–${rules.ratio[1]}`],
    [both('시드', 'seed'), String(seed)],
    [
      both('토크나이저', 'tokenizers'),
      tokenizers.map(({ name, fingerprint: own }) => `${escapeXml(name)} <code>${own}</code>`).join('<br/>'),
    ],
    [both('가장 큰 묶음', 'largest group'), group],
    [both('지문', 'fingerprint'), `<code>${fingerprint}</code>`],
  ];
  const rows = entries.map(([name, value]) => `<tr><th scope="row">${name}</th><td>${value}</td></tr>`);
  return section('설정', 'Settings', `<table class="narrow"><tbody>${rows.join('')}</tbody></table>`);
}
