/**
 * What the files in a corpus are: by their content, since people rename them.
 */
import { basename } from 'node:path';
import { CorpusError } from '../../errors.ts';
import type { Skipped } from '../report/corpusReport.ts';
import { headOf } from '../sources/content.ts';
import { readSmallFiles } from '../sources/smallFiles.ts';
import { type SmallFileSet, type StoredFile, storedBytes } from '../sources/storedFile.ts';
import type { Found } from '../sources/walk.ts';
import { splitRecords } from './csvRecords.ts';
import { headless } from './delimited.ts';
import { splitElements } from './elements.ts';
import { pairMoses } from './mosesPairs.ts';
import { parquetColumns } from './parquet.ts';
import type { Columns, FormatName, ReadOptions, Table } from './reader.ts';
import { isAihub126, recordsIn, type Shape, shapeOf, whichOf124 } from './records.ts';
import { decodeHead } from './text.ts';
import { type Candidate, withoutTwins } from './twins.ts';
import { headersOfXlsx } from './xlsx/xlsx.ts';

export interface RecogniseOptions extends ReadOptions {
  readonly columns: Partial<Columns>;
}

export interface Recognised {
  readonly tables: readonly Table[];
  /** What is no corpus, or holds what another file holds too. */
  readonly skipped: readonly Skipped[];
}

/** Throws CorpusError naming a file that is damaged, or is not what its name says. */
export async function recogniseTables(
  found: readonly Found[],
  options: RecogniseOptions,
): Promise<Recognised> {
  const files = found.flatMap((one) => (one.kind === 'file' ? [one.file] : []));
  const { pairs, rest } = pairMoses(files);
  const candidates: Candidate[] = pairs.map((table) => ({ table, identity: undefined }));
  const skipped: Skipped[] = [];
  for (const file of rest) {
    const candidate = await recogniseFile(file, options);
    if (candidate === undefined) skipped.push({ path: file.path, why: 'not-a-corpus' });
    else candidates.push(candidate);
  }
  for (const one of found) {
    if (one.kind !== 'set') continue;
    const candidate = await recogniseSet(one.set, options);
    if (candidate === undefined) skipped.push({ path: one.set.path, why: 'not-a-corpus' });
    else candidates.push(candidate);
  }
  const { tables, twins } = withoutTwins(candidates);
  return { tables, skipped: [...skipped, ...twins] };
}

/** What is surely no text, by the endings that people trust; everything else is looked into. */
const otherKinds =
  /\.(?:png|jpe?g|gif|bmp|svg|wav|mp[34]|avi|pdf|hwpx?|docx?|pptx?|xls|html?|css|js|exe|dll|md|ya?ml)$/i;

async function recogniseFile(file: StoredFile, options: RecogniseOptions): Promise<Candidate | undefined> {
  if (otherKinds.test(file.path)) return undefined;
  const head = await headOf(file);
  const says = (ending: string) => file.path.toLowerCase().endsWith(ending);
  if (head.length === 0) return undefined;
  if (says('.xlsx') || head.toString('latin1', 0, 2) === 'PK')
    return says('.xlsx') || isZip(head) ? recogniseXlsx(file, options) : undefined;
  if (head.toString('latin1', 0, 4) === 'PAR1') return recogniseParquet(file, options);
  if (says('.parquet')) throw pretends(file, 'a Parquet file');
  // Binary of some other kind: no text has a zero byte but UTF-16, which has a mark.
  if (head.includes(0) && head.readUInt16BE(0) !== 0xfffe && head.readUInt16BE(0) !== 0xfeff)
    return undefined;
  const text = decodeHead(head);
  const first = text.trimStart()[0];
  if (says('.jsonl') || says('.ndjson')) return recogniseJsonLines(file, text, options);
  if (first === '{' || first === '[') return recogniseJson(file, text, options);
  if (says('.json')) throw pretends(file, 'JSON');
  if (first === '<')
    return /<tmx[\s>]/.test(text)
      ? candidateOf(file, 'tmx', { corpus: undefined, columns: { ko: 'ko', en: 'en' } })
      : undefined;
  return recogniseDelimited(file, text, options);
}

function isZip(head: Buffer): boolean {
  return head.readUInt32BE(0) === 0x504b0304;
}

function pretends(file: StoredFile, what: string): CorpusError {
  return new CorpusError(
    `${file.path} is not ${what}, which its name says.`,
    'Download it again, or leave it out.',
  );
}

function candidateOf(file: StoredFile, format: FormatName, shape: Shape, identity?: string): Candidate {
  const table = {
    path: file.path,
    format,
    corpus: shape.corpus ?? nameOf(file.path),
    files: [file],
    columns: shape.columns,
    size: storedBytes(file.segments),
  };
  return { table, identity };
}

/** The name of a file without its ending. */
function nameOf(path: string): string {
  return basename(path).replace(/\.[^.]+$/, '');
}

async function recogniseXlsx(file: StoredFile, options: RecogniseOptions): Promise<Candidate | undefined> {
  const header = await headersOfXlsx(file, options);
  const names = header.filter((name) => name !== '');
  if (!isAihub126(names)) {
    const shape = shapeOf(names, options.columns);
    return shape === undefined ? undefined : candidateOf(file, 'xlsx', shape);
  }
  const domain = ['대분류', '자동분류1', '지자체', '키워드'].find((name) => names.includes(name));
  const columns = { ko: '원문', en: '번역문', ...(domain === undefined ? {} : { domain }) };
  return candidateOf(file, 'xlsx', { corpus: 'aihub-126', columns });
}

async function recogniseParquet(file: StoredFile, options: RecogniseOptions): Promise<Candidate | undefined> {
  const shape = shapeOf(await parquetColumns(file, options), options.columns);
  return shape === undefined ? undefined : candidateOf(file, 'parquet', shape);
}

function recogniseJsonLines(
  file: StoredFile,
  text: string,
  options: RecogniseOptions,
): Candidate | undefined {
  for (const line of text.split('\n')) {
    const shape = shapeOfRecord(line, options);
    if (shape !== undefined)
      return candidateOf(file, 'jsonl', { ...shape, corpus: corpusOf(shape, line, file) });
  }
  return undefined;
}

function recogniseJson(file: StoredFile, text: string, options: RecogniseOptions): Candidate | undefined {
  // Objects on lines of their own, one after another, are JSON Lines whatever the name.
  const [line, next] = text.trimStart().split('\n');
  if (next?.startsWith('{') && line?.startsWith('{') && shapeOfRecord(line, options) !== undefined) {
    return recogniseJsonLines(file, text, options);
  }
  const elements = splitElements();
  const records = elements.push(text);
  const all = records.length > 0 ? records : [...elements.end().elements, text];
  for (const record of all) {
    const shape = shapeOfRecord(record, options);
    if (shape !== undefined)
      return candidateOf(
        file,
        'json',
        { ...shape, corpus: corpusOf(shape, record, file) },
        identityOf(record),
      );
  }
  return undefined;
}

function shapeOfRecord(text: string, { columns }: RecogniseOptions): Shape | undefined {
  try {
    const [record] = recordsIn(JSON.parse(text));
    return typeof record === 'object' && record !== null ? shapeOf(Object.keys(record), columns) : undefined;
  } catch {
    return undefined;
  }
}

function corpusOf({ corpus }: Shape, record: string, file: StoredFile): string | undefined {
  if (corpus !== 'aihub-124-125') return corpus;
  const { data_set, domain } = JSON.parse(record) as Record<string, unknown>;
  return whichOf124(String(data_set), String(domain), file.path);
}

/** What the same record has in any format: its number. */
function identityOf(record: string): string | undefined {
  const { sn } = recordsIn(JSON.parse(record))[0] as Record<string, unknown>;
  return typeof sn === 'string' ? sn : undefined;
}

function recogniseDelimited(
  file: StoredFile,
  text: string,
  options: RecogniseOptions,
): Candidate | undefined {
  const lines = text.split(/\r?\n/);
  const tabbed = lines[0]!.includes('\t');
  const rows = tabbed ? lines.map((line) => line.split('\t')) : csvRows(lines);
  const [header, first] = rows;
  if (header === undefined || header.length < 2) return undefined;
  const format = tabbed ? 'tsv' : 'csv';
  const names = header.map((name) => name.trim());
  const shape = shapeOf(names, options.columns);
  if (shape !== undefined) {
    const hint = (name: string) => first?.[names.indexOf(name)] ?? '';
    const corpus =
      shape.corpus === 'aihub-124-125'
        ? whichOf124(hint('data_set'), hint('domain'), file.path)
        : shape.corpus;
    return candidateOf(file, format, { ...shape, corpus }, names.includes('sn') ? hint('sn') : undefined);
  }
  const side = koreanSide(rows.slice(0, 50));
  return side === undefined
    ? undefined
    : candidateOf(file, format, { corpus: undefined, columns: headless(side) });
}

function csvRows(lines: readonly string[]): (readonly string[])[] {
  // The last line of a head may be cut.
  return splitRecords()
    .push(lines.slice(0, -1))
    .flatMap((record) => ('cells' in record ? [record.cells] : []));
}

/** Which of two columns without names is Korean, if that is so in nearly all rows. */
function koreanSide(rows: readonly (readonly string[])[]): 0 | 1 | undefined {
  const pairs = rows.filter((row) => row.length === 2);
  for (const side of [0, 1] as const) {
    const fitting = pairs.filter(
      (row) => /[가-힣]/.test(row[side]!) && /[a-z]/i.test(row[1 - side]!) && !/[가-힣]/.test(row[1 - side]!),
    );
    if (fitting.length > 0 && fitting.length >= 0.8 * rows.length - 1) return side;
  }
  return undefined;
}

async function recogniseSet(set: SmallFileSet, options: RecogniseOptions): Promise<Candidate | undefined> {
  for await (const files of readSmallFiles(set, { scratch: options.scratch })) {
    for (const { bytes } of files) {
      const shape = shapeOfRecord(bytes.toString('utf8').replace(/^\ufeff/, ''), options);
      if (shape === undefined) continue;
      const corpus = shape.corpus ?? nameOf(set.path);
      const size = set.archive === undefined ? 500 * set.count : storedBytes(set.archive.segments);
      const table = {
        path: set.path,
        format: 'small-json' as const,
        corpus,
        files: [],
        set,
        columns: shape.columns,
        size,
      };
      return { table, identity: undefined };
    }
    return undefined;
  }
  return undefined;
}
