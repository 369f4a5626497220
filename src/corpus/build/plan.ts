/**
 * What a build has to do: the tables in its inputs, and the job that makes each into a part.
 */
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { CorpusError, InputError } from '../../errors.ts';
import type { Columns, Table } from '../readers/reader.ts';
import { recogniseTables } from '../readers/recognise.ts';
import type { Skipped } from '../report/corpusReport.ts';
import type { Rules } from '../rules.ts';
import { type Found, filesIn } from '../sources/walk.ts';
import { type PartJob, partKey } from './part.ts';
import type { KnownTokenizers } from './sift.ts';

export interface PlanOptions {
  readonly inputs: readonly string[];
  readonly columns: Partial<Columns>;
  readonly rules: Rules;
  readonly tokenizers: KnownTokenizers;
  /** Where parts are kept. */
  readonly folder: string;
  readonly scratch: string;
  readonly signal: AbortSignal | undefined;
}

export interface Plan {
  /** The longest first: so the last ones to end are short. */
  readonly jobs: readonly PartJob[];
  readonly skipped: readonly Skipped[];
}

/** Changes when a part of an earlier version can no longer be used. */
const partVersion = 3;

/**
 * Throws CorpusError for an input that is missing, damaged or pretends to be what it is not, InputError if nothing in
 * the inputs is a corpus.
 */
export async function planBuild(options: PlanOptions): Promise<Plan> {
  const { inputs, scratch, signal, columns, rules } = options;
  const found: Found[] = [];
  for await (const file of filesIn(inputs, { scratch, ...(signal ? { signal } : {}) })) found.push(file);
  const { tables, skipped } = await recogniseTables(found, { columns, scratch });
  if (tables.length === 0) {
    throw new InputError(
      `No corpus was found in ${inputs.join(', ')}.`,
      'Give files with Korean and English sentences: AI Hub downloads, CSV, TSV, JSON, JSONL, Parquet, TMX, or x.ko with x.en.',
    );
  }
  const sorted = [...tables].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const jobs: PartJob[] = [];
  for (const [ordinal, table] of sorted.entries()) {
    const { folder, tokenizers } = options;
    const facts = [
      partVersion,
      ordinal,
      await originOf(table),
      tableFacts(table, scratch),
      { fit: rules.fit, ratio: rules.ratio },
      [tokenizers.teacher.fingerprint, tokenizers.student?.fingerprint],
    ];
    jobs.push({ key: partKey(facts), table, ordinal, folder, scratch, rules, tokenizers });
  }
  return { jobs: jobs.sort((a, b) => b.table.size - a.table.size), skipped };
}

/** The table as its name and content say; where it is unpacked to says nothing. */
function tableFacts(table: Table, scratch: string) {
  const { path, format, corpus, columns, size, files, set } = table;
  const inPlace = files.flatMap((file) => file.segments).filter(({ file }) => !file.startsWith(scratch));
  return { path, format, corpus, columns, size, inPlace, count: set?.count };
}

/** Size and time of change of the file on the disk that the table is in. */
async function originOf({ path }: Table): Promise<{ origin: string; bytes: number; changed: number }> {
  for (let origin = resolve(path); ; origin = dirname(origin)) {
    const facts = await stat(origin).catch(() => undefined);
    if (facts !== undefined) return { origin, bytes: facts.size, changed: facts.mtimeMs };
    if (origin === dirname(origin)) throw new CorpusError(`${path} has gone.`, 'Build again.');
  }
}
