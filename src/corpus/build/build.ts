/**
 * From files as people have them to a store of clean pairs:
 *
 *   find and recognise -> read, clean, judge and measure (in parallel) -> duplicates and groups -> sort and write
 *
 * `buildCorpus` is an async generator of what happens, so that progress and stopping are the caller's. What a stopped or
 * killed build has read is kept beside the store, and not read again.
 */
import { mkdir, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { channel } from '../../channel.ts';
import { writeFileAtomic, writeFolderAtomic } from '../../checkpoint/atomic.ts';
import { writeJson } from '../../checkpoint/json.ts';
import { CorpusError, InputError } from '../../errors.ts';
import { type Database, openDatabase } from '../duckdb.ts';
import { reportFile, reportPage } from '../layout.ts';
import type { Columns } from '../readers/reader.ts';
import type { CorpusReport } from '../report/corpusReport.ts';
import { reportHtml } from '../report/html.ts';
import { defaultRules, type Rules } from '../rules.ts';
import { knowTokenizer, type TokenizerFolders } from '../tokenizers.ts';
import { defaultThreads, runJobs, type Task, workerBeside } from '../workers.ts';
import { findPart, makePart, type Part, type PartJob } from './part.ts';
import { type Plan, planBuild } from './plan.ts';
import { makeReport } from './report.ts';
import { type Selection, select } from './select.ts';
import type { KnownTokenizers } from './sift.ts';
import { storeFacts, writePairs, writeRejected } from './write.ts';

export interface BuildOptions {
  /** Files, folders and archives. */
  readonly inputs: readonly string[];
  /** The store's folder; one that is there is replaced when the new one is whole. */
  readonly out: string;
  readonly tokenizers: TokenizerFolders;
  readonly rules?: Partial<Rules>;
  /** Names of the columns, where they are not among those that are known. */
  readonly columns?: Partial<Columns>;
  /** Decides the order of sampling and the sides of a split. */
  readonly seed?: number;
  /** Tables that are read at a time; each takes some 250 MB. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

export type BuildEvent =
  | {
      readonly kind: 'found';
      readonly tables: number;
      readonly bytes: number;
      readonly skipped: number;
      readonly kept: KeptPart;
    }
  /** Another batch was read: rows and bytes of it. */
  | { readonly kind: 'read'; readonly rows: number; readonly bytes: number }
  /** All are read; now duplicates are looked for, then the store is written. */
  | { readonly kind: 'selecting' | 'writing' };

/** What an earlier build of the same, which did not end, has read already. */
export interface KeptPart {
  readonly tables: number;
  readonly rows: number;
  readonly bytes: number;
}

const partTask: Task<PartJob, Part> = {
  run: makePart,
  worker: workerBeside(import.meta.url),
};

/**
 * Builds the store and returns its report. Throws CorpusError for an input that cannot be read or a disk that cannot be
 * written, InputError for inputs without a corpus or rules that lack a tokenizer, the signal's reason when it is given;
 * a store that was there stays as it was then.
 */
export async function* buildCorpus(options: BuildOptions): AsyncGenerator<BuildEvent, CorpusReport, void> {
  const { inputs, out, tokenizers, seed = 0, signal } = options;
  const rules = checkRules({ ...defaultRules, ...options.rules }, tokenizers);
  const known = {
    teacher: await knowTokenizer(tokenizers.teacher),
    student: tokenizers.student === undefined ? undefined : await knowTokenizer(tokenizers.student),
  };
  const folder = partsFolder(out);
  const scratch = join(folder, 'scratch');
  await rm(scratch, { recursive: true, force: true });
  await makeFolder(scratch);
  try {
    const plan = await planBuild({
      inputs,
      columns: options.columns ?? {},
      rules,
      tokenizers: known,
      folder,
      scratch,
      signal,
    });
    const parts = yield* readParts(plan, folder, options);
    const report = yield* writeStore({
      out,
      scratch,
      folder,
      parts,
      plan,
      seed,
      rules,
      tokenizers: known,
      threads: options.threads ?? defaultThreads(),
      signal,
    });
    await rm(folder, { recursive: true, force: true });
    return report;
  } catch (error) {
    await rm(scratch, { recursive: true, force: true });
    // Nothing was read: nothing is kept.
    await rmdir(folder).catch(() => {});
    throw signal?.aborted ? signal.reason : sayFull(error, out);
  }
}

/** Where the parts of a build wait until all are there. */
function partsFolder(out: string): string {
  const path = resolve(out);
  return join(dirname(path), `.${basename(path)}.parts`);
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause: Error) => {
    throw new CorpusError(`${folder} cannot be made: ${cause.message}.`, 'Give another folder with --out.', {
      cause,
    });
  });
}

function checkRules(rules: Rules, tokenizers: TokenizerFolders): Rules {
  if (rules.fit === 'student' && tokenizers.student === undefined) {
    throw new InputError(
      'The rule "student" needs to know the tokenizer of the student.',
      'Give its folder with --student.',
    );
  }
  const [least, most] = rules.ratio;
  if (!(least > 0 && least < most)) {
    throw new InputError(
      `${least} to ${most} is no range of length ratios.`,
      'Give two positive numbers, the smaller first, such as 0.5,6.',
    );
  }
  return rules;
}

async function* readParts(
  plan: Plan,
  folder: string,
  options: BuildOptions,
): AsyncGenerator<BuildEvent, Part[], void> {
  const parts: Part[] = [];
  const missing: PartJob[] = [];
  let bytes = 0;
  for (const job of plan.jobs) {
    const part = await findPart(folder, job.key);
    if (part === undefined) missing.push(job);
    else {
      parts.push(part);
      bytes += job.table.size;
    }
  }
  yield {
    kind: 'found',
    tables: plan.jobs.length,
    bytes: plan.jobs.reduce((sum, { table }) => sum + table.size, 0),
    skipped: plan.skipped.length,
    kept: { tables: parts.length, rows: parts.reduce((sum, { tally }) => sum + tally.rows, 0), bytes },
  };
  const events = channel<BuildEvent>();
  const work = runJobs(partTask, missing, {
    threads: options.threads,
    signal: options.signal,
    onProgress: (rows, read) => events.push({ kind: 'read', rows, bytes: read }),
    onResult: (part) => void parts.push(part),
  });
  yield* events.until(work);
  return parts.sort((a, b) => a.ordinal - b.ordinal);
}

interface Store {
  readonly out: string;
  readonly folder: string;
  readonly scratch: string;
  readonly parts: readonly Part[];
  readonly plan: Plan;
  readonly seed: number;
  readonly rules: Rules;
  readonly tokenizers: KnownTokenizers;
  readonly threads: number;
  readonly signal: AbortSignal | undefined;
}

/** In MB: what the engine may hold while it groups and sorts. */
const engineMemory = 900;

async function* writeStore(store: Store): AsyncGenerator<BuildEvent, CorpusReport, void> {
  const { out, folder, parts, scratch, threads, rules, seed, signal } = store;
  const candidates = parts.flatMap((part) => part.candidates.map((file) => join(folder, file)));
  const rejected = parts.flatMap((part) => part.rejected.map((file) => join(folder, file)));
  const database = await openDatabase({ threads, memory: engineMemory, scratch });
  const interrupt = () => database.interrupt();
  signal?.addEventListener('abort', interrupt);
  try {
    yield { kind: 'selecting' };
    const selection = await select(database, candidates, rules.unique);
    yield { kind: 'writing' };
    let report: CorpusReport | undefined;
    await writeFolderAtomic(out, async (temporary) => {
      await writePairs(database, { folder: temporary, seed, candidates, rejected });
      await writeRejected(database, { folder: temporary, seed, candidates, rejected });
      report = await reportOf(database, store, selection, temporary);
      await writeJson(join(temporary, reportFile), report);
      await writeFileAtomic(join(temporary, reportPage), reportHtml(report));
      signal?.throwIfAborted();
    });
    return report!;
  } finally {
    signal?.removeEventListener('abort', interrupt);
    database.close();
  }
}

async function reportOf(
  database: Database,
  store: Store,
  selection: Selection,
  folder: string,
): Promise<CorpusReport> {
  const { seed, rules, tokenizers, plan, parts } = store;
  const dropped = await database.rows(
    'SELECT (id >> 32)::INTEGER AS ordinal, reason, count(*)::INTEGER AS rows FROM dropped GROUP BY ALL',
  );
  return makeReport({
    seed,
    rules,
    tokenizers: Object.entries(tokenizers).flatMap(([name, known]) =>
      known === undefined ? [] : [{ name, fingerprint: known.fingerprint }],
    ),
    skipped: plan.skipped,
    parts,
    dropped: dropped as unknown as { ordinal: number; reason: string; rows: number }[],
    ...selection,
    ...(await storeFacts(database, folder, selection.pairs)),
  });
}

/** The engine has its own words for a disk that takes no more. */
function sayFull(error: unknown, out: string): unknown {
  if (
    !(error instanceof Error) ||
    !/No space left|File too large|could not write|disk quota|failed to offload/i.test(error.message)
  )
    return error;
  return new CorpusError(
    `${out} cannot be written: ${error.message.split('\n')[0]}.`,
    'Free some room on its disk or give another one with --out; what was read so far is kept beside it.',
    { cause: error },
  );
}
