/**
 * The plain way: every file whole in memory, parsed at once, cleaned by string functions, tokenized by the common
 * library, deduplicated in a set. One thread, no store. Started by ../corpus.ts.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { SaxesParser } from 'saxes';
import { commonTokenizer } from '../commonTokenizer.ts';

const [input, ...folders] = process.argv.slice(2);
const tokenizers = folders.map(commonTokenizer);

interface Pair {
  readonly ko: string;
  readonly en: string;
}

/** All files of a zip, by name. */
function unzip(path: string): Map<string, Buffer> {
  const bytes = readFileSync(path);
  const files = new Map<string, Buffer>();
  let at = 0;
  while (at + 30 <= bytes.length && bytes.readUInt32LE(at) === 0x04034b50) {
    const [method, packed, nameLength, extra] = [
      bytes.readUInt16LE(at + 8),
      bytes.readUInt32LE(at + 18),
      bytes.readUInt16LE(at + 26),
      bytes.readUInt16LE(at + 28),
    ];
    const name = bytes.toString('utf8', at + 30, at + 30 + nameLength);
    const start = at + 30 + nameLength + extra;
    const content = bytes.subarray(start, start + packed);
    files.set(`${files.size} ${name}`, method === 0 ? content : inflateRawSync(content));
    at = start + packed;
  }
  return files;
}

function readXlsx(path: string): Pair[] {
  const files = [...unzip(path)];
  const part = (ending: string) => files.find(([name]) => name.endsWith(ending))![1].toString('utf8');
  const strings: string[] = [];
  const table = new SaxesParser();
  table.on('text', (text) => strings.push(text));
  table.write(part('sharedStrings.xml')).close();
  const pairs: Pair[] = [];
  let cells: string[] = [];
  let value = '';
  const sheet = new SaxesParser();
  sheet.on('text', (text) => {
    value = text;
  });
  sheet.on('closetag', ({ name }) => {
    if (name === 'c') cells.push(strings[Number(value)] ?? '');
    else if (name === 'row') {
      pairs.push({ ko: cells.at(-2) ?? '', en: cells.at(-1) ?? '' });
      cells = [];
    }
  });
  sheet.write(part('sheet1.xml')).close();
  return pairs.slice(1);
}

function readCsv(path: string): Pair[] {
  return parse(readFileSync(path), {
    columns: true,
    bom: true,
    relax_quotes: true,
    relax_column_count: true,
  }) as Pair[];
}

function readZip(path: string): Pair[] {
  return [...unzip(path).values()].flatMap((content) => {
    try {
      const record = JSON.parse(content.toString('utf8')) as Record<string, string>;
      return [{ ko: record['원문']!, en: record['최종번역문']! }];
    } catch {
      return [];
    }
  });
}

const pairs: Pair[] = [];
for (const entry of readdirSync(input!, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  if (path.endsWith('.xlsx')) for (const pair of readXlsx(path)) pairs.push(pair);
  if (path.endsWith('.csv')) for (const pair of readCsv(path)) pairs.push(pair);
  if (path.endsWith('.zip')) for (const pair of readZip(path)) pairs.push(pair);
}

const seen = new Set<string>();
const kept: (Pair & { readonly lengths: number[] })[] = [];
for (const { ko: rawKo, en: rawEn } of pairs) {
  const [ko, en] = [rawKo, rawEn].map((text) => (text ?? '').normalize('NFC').replace(/\s+/g, ' ').trim());
  if (!ko || !en || /[가-힣]/.test(en) || !/[가-힣]/.test(ko)) continue;
  const key = `${ko}\t${en}`;
  if (seen.has(key)) continue;
  seen.add(key);
  const lengths = tokenizers.flatMap((tokenize) => [tokenize(en).length, tokenize(ko).length]);
  if (lengths.every((length) => length <= 77)) kept.push({ ko, en, lengths });
}
console.log(`${pairs.length} rows, ${kept.length} pairs`);
