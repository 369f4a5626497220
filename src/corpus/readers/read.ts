/**
 * The readers by format. A new format is a file beside this one, a name in reader.ts, and a line here.
 */
import { readCsv, readTsv } from './delimited.ts';
import { readJsonRecords } from './json.ts';
import { readJsonLinesRecords } from './jsonl.ts';
import { readMoses } from './moses.ts';
import { readParquet } from './parquet.ts';
import type { FormatName, ReadRows } from './reader.ts';
import { readSmallJson } from './smallJson.ts';
import { readTmx } from './tmx.ts';
import { readXlsx } from './xlsx/xlsx.ts';

const readers: Readonly<Record<FormatName, ReadRows>> = {
  csv: readCsv,
  json: readJsonRecords,
  jsonl: readJsonLinesRecords,
  moses: readMoses,
  parquet: readParquet,
  'small-json': readSmallJson,
  tmx: readTmx,
  tsv: readTsv,
  xlsx: readXlsx,
};

/** Reads a table by its format. */
export const readTable: ReadRows = (table, options) => readers[table.format](table, options);
