/**
 * Which columns or keys hold what, for the corpora that are known by name and for all others by custom.
 */
import { isJsonObject, type JsonObject } from '../../checkpoint/json.ts';
import type { Columns, RawRow } from './reader.ts';

export interface Shape {
  /** Undefined for files of no known corpus. */
  readonly corpus: string | undefined;
  readonly columns: Columns;
}

interface KnownShape {
  readonly corpus: string;
  /** Names that all stand there. */
  readonly needs: readonly string[];
  readonly columns: Columns;
}

/** AI Hub's, the most particular first; numbers are its dataSetSn. */
const knownShapes: readonly KnownShape[] = [
  // `mt` is the machine's translation, which people corrected into `en`: it is not the reference.
  {
    corpus: 'aihub-71265',
    needs: ['ko_original', 'ko', 'en'],
    columns: { ko: 'ko', en: 'en', domain: 'domain' },
  },
  {
    corpus: 'aihub-124-125',
    needs: ['sn', 'ko', 'mt', 'en'],
    columns: { ko: 'ko', en: 'en', domain: 'subdomain' },
  },
  {
    corpus: 'aihub-71382',
    needs: ['원문', '최종번역문'],
    columns: { ko: '원문', en: '최종번역문', domain: '대분류' },
  },
  {
    corpus: 'aihub-111',
    needs: ['sid', '한국어', '영어'],
    columns: { ko: '한국어', en: '영어', domain: '분야' },
  },
  {
    corpus: 'aihub-71496',
    needs: ['src_sentence', 'tgt_sentence'],
    columns: { ko: 'src_sentence', en: 'tgt_sentence' },
  },
];

/** Names by custom, the likeliest first. */
const custom = {
  ko: [
    'ko',
    'kor',
    'korean',
    'ko_kr',
    'ko-kr',
    '한국어',
    '한글',
    '국문',
    '원문',
    'sentence_ko',
    'text_ko',
    'translation.ko',
  ],
  en: [
    'en',
    'eng',
    'english',
    'en_us',
    'en-us',
    '영어',
    '영문',
    '최종번역문',
    '번역문',
    'sentence_en',
    'text_en',
    'translation.en',
  ],
  domain: ['domain', '분야', '대분류', 'category', 'topic'],
} as const;

/**
 * What the columns called `names` hold. Names that a user gives come first, then known corpora, then custom; undefined
 * where either side is not found.
 */
export function shapeOf(names: readonly string[], given: Partial<Columns>): Shape | undefined {
  const known = knownShapes.find(({ needs }) => needs.every((name) => names.includes(name)));
  const find = (side: 'ko' | 'en' | 'domain') =>
    given[side] ??
    known?.columns[side] ??
    custom[side]
      .map((name) => names.find((one) => one.toLowerCase() === name))
      .find((name) => name !== undefined);
  const [ko, en, domain] = [find('ko'), find('en'), find('domain')];
  if (ko === undefined || en === undefined || ko === en) return undefined;
  if (!names.includes(ko) || !names.includes(en)) return undefined;
  const columns = { ko, en, ...(domain !== undefined && names.includes(domain) ? { domain } : {}) };
  return { corpus: given.ko === undefined && given.en === undefined ? known?.corpus : undefined, columns };
}

/** AI Hub 126's sheets have their texts in the last two columns. */
export function isAihub126(header: readonly string[]): boolean {
  const names = header.filter((name) => name !== '');
  return names.at(-2) === '원문' && names.at(-1) === '번역문';
}

/** Which of the twin corpora 124 (technology) and 125 (social science) it is, by what a record or a path says. */
export function whichOf124(...hints: readonly string[]): string {
  for (const hint of hints) {
    if (/기술|tech/i.test(hint)) return 'aihub-124';
    if (/사회|social/i.test(hint)) return 'aihub-125';
  }
  return 'aihub-124-125';
}

/** The records in a value of JSON: AI Hub wraps them in `data`, or a paragraph of sentences, or not at all. */
export function recordsIn(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap(recordsIn);
  if (!isJsonObject(value)) return [value];
  for (const key of ['data', 'paragraph', 'sentences']) {
    const inner = value[key];
    if (Array.isArray(inner) && inner.some(isJsonObject)) return inner.flatMap(recordsIn);
  }
  return [flat(value)];
}

/** `{"translation": {"ko": ..., "en": ...}}`, as Hugging Face's data sets have it, with names such as `translation.ko`. */
function flat(record: JsonObject): JsonObject {
  const inner = record['translation'];
  if (!isJsonObject(inner)) return record;
  return Object.fromEntries(Object.entries(inner).map(([key, value]) => [`translation.${key}`, value]));
}

/**
 * The rows of a JSON text, the i-th (from 0) at `rowAt(i)`; a text that is no JSON is one row with its problem, and so is
 * a record that is no object.
 */
export function jsonRows(text: string, columns: Columns, rowAt: (i: number) => number): RawRow[] {
  try {
    return recordsIn(JSON.parse(text)).map((record, i) => recordRow(record, rowAt(i), columns));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // Without the text that it quotes, which stands in `raw`.
    const problem = `it is not valid JSON: ${message.replace(/,? \.{0,3}".*$/su, '')}`;
    return [{ row: rowAt(0), problem, raw: text.slice(0, 1000) }];
  }
}

function recordRow(record: unknown, row: number, { ko, en, domain }: Columns): RawRow {
  if (!isJsonObject(record)) {
    return { row, problem: 'it is no object', raw: String(JSON.stringify(record)).slice(0, 1000) };
  }
  return rawRow(row, record[ko], record[en], domain === undefined ? undefined : record[domain]);
}

/** A row of three values as they stand; a domain that is no text is none. */
export function rawRow(row: number, ko: unknown, en: unknown, domain: unknown): RawRow {
  return typeof domain === 'string' ? { row, ko, en, domain } : { row, ko, en };
}

/** Where the columns stand in a row; -1 for one that does not. */
export interface Places {
  readonly ko: number;
  readonly en: number;
  readonly domain: number;
}

export function placesOf({ ko, en, domain }: Columns, placeOf: (name: string) => number): Places {
  return { ko: placeOf(ko), en: placeOf(en), domain: domain === undefined ? -1 : placeOf(domain) };
}
