/**
 * Files in the shapes of AI Hub's four Korean-English corpora, which may not be passed on: names, columns, archives and
 * dirt are theirs, the sentences are ours.
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type RowOptions, type SyntheticRow, syntheticRows } from './rows.ts';
import { writeXlsx } from './xlsx.ts';
import { zipWriter } from './zipWriter.ts';

/** Rows of each corpus, as published. */
export const publishedRows = {
  'aihub-71382': 587_082,
  'aihub-124': 1_344_631,
  'aihub-125': 1_361_845,
  'aihub-126': 1_602_418,
};

/** What was written: the rows of each file by path. */
export interface Written {
  readonly path: string;
  readonly options: RowOptions;
}

type Spread = Omit<RowOptions, 'rows'>;

const spoken = ['SID', '원문', '번역문'];
const news = ['ID', '날짜', '자동분류1', '자동분류2', '자동분류3', 'URL', '언론사', '원문', '번역문'];
const local = ['ID', '지자체', '원문', '번역문'];
/** Names in any state of suffix and normalisation, columns, share of all rows. */
const sheets126: readonly (readonly [name: string, header: readonly string[], share: number])[] = [
  ['1_구어체(1)_200226.xlsx', spoken, 0.125],
  ['1_구어체(2)_200226.xlsx', spoken, 0.125],
  ['2_대화체.xlsx', ['대분류', '소분류', '상황', 'Set Nr.', '발화자', '원문', '번역문'], 0.0625],
  ['3_문어체_뉴스(1)_200226.xlsx', news, 0.125],
  ['3_문어체_뉴스(2).xlsx', news, 0.125],
  ['3_문어체_뉴스(3).xlsx', news, 0.125],
  ['3_문어체_뉴스(4).xlsx', news, 0.125],
  ['4_문어체_한국문화.xlsx', ['ID', '키워드', '원문', '번역문'], 0.0625],
  ['5_문어체_조례.xlsx', local, 0.0625],
  ['6_문어체_지자체웹사이트.xlsx'.normalize('NFD'), local, 0.0625],
];

/** Ten spreadsheets; the id of the last three is a fraction, as theirs is. */
export function write126(folder: string, rows: number, spread: Spread): Written[] {
  mkdirSync(folder, { recursive: true });
  return sheets126.map(([name, header, share], i) => {
    const options = { ...spread, seed: spread.seed * 100 + i, rows: Math.round(rows * share) };
    const path = join(folder, name);
    writeXlsx(path, header, syntheticRows(options), i >= 7 ? 0.5 : 0);
    return { path, options };
  });
}

const columns124 = [
  'sn',
  'file_name',
  'data_set',
  'domain',
  'subdomain',
  'source',
  'ko',
  'mt',
  'en',
  'source_language',
  'target_language',
  'license',
  'style',
];

export interface Options124 extends Spread {
  readonly formats: readonly ('csv' | 'json')[];
}

/** Training and validation in the proportion of the published ones, as CSV, as JSON or as both. */
export function write124(
  folder: string,
  which: 'tech' | 'social',
  rows: number,
  { formats, ...spread }: Options124,
): Written[] {
  const written: Written[] = [];
  for (const [side, share] of [
    ['Training', 0.8889],
    ['Validation', 0.1111],
  ] as const) {
    const count = Math.round(rows * share);
    const options = { ...spread, seed: spread.seed * 100 + (side === 'Training' ? 1 : 2), rows: count };
    const name = `1113_${which}_${side === 'Training' ? 'train' : 'valid'}_set_${count}`;
    mkdirSync(join(folder, side), { recursive: true });
    for (const format of formats) {
      const path = join(folder, side, `${name}.${format}`);
      (format === 'csv' ? writeCsv124 : writeJson124)(path, which, options);
      written.push({ path, options });
    }
  }
  return written;
}

function record124(
  which: 'tech' | 'social',
  { ko, en }: SyntheticRow,
  index: number,
): Record<string, string | null> {
  const domain = which === 'tech' ? '기술과학' : '사회과학';
  const values = [
    `KDMT1${String(index + 2).padStart(9, '0')}`,
    `1113_${which}`,
    domain,
    domain,
    ['ICT', '보안', '의료', '법률'][index % 4]!,
    '논문',
    ko,
    `${en ?? ''} (machine)`,
    en,
    'ko',
    'en',
    'open',
    '문어체',
  ];
  return Object.fromEntries(columns124.map((name, i) => [name, values[i]!]));
}

function writeCsv124(path: string, which: 'tech' | 'social', options: RowOptions): void {
  const rows = syntheticRows(options);
  writeLines(path, function* () {
    yield `\ufeff${columns124.join(',')}\r\n`;
    for (let i = 0; i < rows.count; i++) {
      const row = rows.row(i);
      const cells = Object.values(record124(which, row, i)).map(csvCell);
      // A quote too many, which swallows all that follows in a reader that trusts it.
      yield row.dirt === 'broken' ? `${cells.join(',')},"${i}\r\n` : `${cells.join(',')}\r\n`;
    }
  });
}

function csvCell(text: string | null): string {
  if (text === null) return '';
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function writeJson124(path: string, which: 'tech' | 'social', options: RowOptions): void {
  const rows = syntheticRows(options);
  writeLines(path, function* () {
    yield '{\n  "data": [\n';
    for (let i = 0; i < rows.count; i++) {
      const row = rows.row(i);
      const text = JSON.stringify(record124(which, row, i));
      yield `${i > 0 ? ',\n' : ''}    ${row.dirt === 'broken' ? text.replace('"sn":', '"sn": (반사회적용어), ') : text}`;
    }
    yield '\n  ]\n}\n';
  });
}

const genres = ['Liberal Arts', 'Movie Drama', 'News Current', 'Sports', 'Documentary'];

/** A zip a genre with a JSON a sentence, as training and validation; the names in one are CP949. */
export function write71382(folder: string, rows: number, spread: Spread): Written[] {
  const written: Written[] = [];
  for (const [side, letter, share] of [
    ['Training', 'T', 0.89],
    ['Validation', 'V', 0.11],
  ] as const) {
    const inner = join(folder, '3.개방데이터', '1.데이터', side, '02.라벨링데이터');
    mkdirSync(inner, { recursive: true });
    for (const [i, genre] of genres.entries()) {
      const path = join(inner, `${letter}L_Korean-Multilingual_koen_${genre}.zip`);
      const options = {
        ...spread,
        seed: spread.seed * 100 + i + (letter === 'T' ? 0 : 50),
        rows: Math.round((rows * share) / genres.length),
      };
      writeGenre(path, genre, options, i === 1);
      written.push({ path, options });
    }
  }
  return written;
}

/** 방송 ("broadcast") in CP949. */
const broadcast949 = Buffer.from([0xb9, 0xe6, 0xbc, 0xdb]);

function writeGenre(path: string, genre: string, options: RowOptions, cp949: boolean): void {
  const rows = syntheticRows(options);
  const zip = zipWriter(path);
  for (let i = 0; i < rows.count; i++) {
    const { ko, en, dirt } = rows.row(i);
    const id = `koen_${String(i).padStart(7, '0')}`;
    const text = JSON.stringify({
      ID: id,
      대분류: genre,
      중분류: '방송',
      원문: ko,
      최종번역문: en,
      번역문: `${en ?? ''} (machine)`,
    });
    const content = dirt === 'broken' ? text.slice(0, text.length / 2) : text;
    const rawName = Buffer.concat([broadcast949, Buffer.from(`_${id}.json`)]);
    zip.add(`방송_${id}.json`, content, { level: 1, ...(cp949 ? { rawName } : {}) });
  }
  zip.close();
}

/** Writes what a generator yields, in large pieces. */
export function writeLines(path: string, lines: () => Generator<string>): void {
  const file = openSync(path, 'w');
  let waiting: string[] = [];
  for (const line of lines()) {
    waiting.push(line);
    if (waiting.length < 4096) continue;
    writeSync(file, waiting.join(''));
    waiting = [];
  }
  writeSync(file, waiting.join(''));
  closeSync(file);
}

/** All four corpora in the published proportions, `rows` in all. */
export function writeAihub(
  folder: string,
  rows: number,
  spread: Spread & { readonly formats?: Options124['formats'] },
): Written[] {
  const total = Object.values(publishedRows).reduce((sum, count) => sum + count, 0);
  const share = (corpus: keyof typeof publishedRows) => Math.round((rows * publishedRows[corpus]) / total);
  const { formats = ['csv'], ...rest } = spread;
  const seeded = (n: number) => ({ ...rest, seed: spread.seed * 10 + n });
  return [
    ...write126(join(folder, '한국어-영어 번역(병렬) 말뭉치'), share('aihub-126'), seeded(1)),
    ...write124(join(folder, '한국어-영어 번역 말뭉치(기술과학)'), 'tech', share('aihub-124'), {
      ...seeded(2),
      formats,
    }),
    ...write124(join(folder, '한국어-영어 번역 말뭉치(사회과학)'), 'social', share('aihub-125'), {
      ...seeded(3),
      formats,
    }),
    ...write71382(join(folder, '032.방송콘텐츠 한국어-영어 번역 말뭉치'), share('aihub-71382'), seeded(4)),
  ];
}
