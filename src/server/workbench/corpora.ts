/**
 * Corpora as clients see them. Open ones stay open: opening one counts its rows.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unreadable } from '../../checkpoint/file.ts';
import { readJsonObject } from '../../checkpoint/json.ts';
import { reportFile } from '../../corpus/layout.ts';
import { reasons } from '../../corpus/reasons.ts';
import type { CorpusReport, Histogram, SourceCounts } from '../../corpus/report/corpusReport.ts';
import { totalOf } from '../../corpus/report/summary.ts';
import { histogramTitle, reasonWords } from '../../corpus/report/words.ts';
import { type CorpusStore, isStore, openStore, type Search } from '../../corpus/store.ts';
import { KsdError } from '../../errors.ts';
import type { Corpus, CorpusPair, CorpusSummary } from '../contract/workbench.ts';
import { type Entry, entriesOf, entryNamed } from './names.ts';

export interface Corpora {
  list(): Promise<CorpusSummary[]>;
  /** Undefined if there is no corpus of this name. */
  find(name: string): Promise<Corpus | undefined>;
  pairs(name: string, search: Search): Promise<{ pairs: CorpusPair[]; more: boolean } | undefined>;
  close(): Promise<void>;
}

interface Opened {
  /** When its report was written: another one belongs to another corpus. */
  readonly createdAt: number;
  readonly store: Promise<CorpusStore>;
}

/** Those in a folder. Its methods throw what `openStore` throws for one that is damaged. */
export function corporaIn(folder: string): Corpora {
  const opened = new Map<string, Opened>();
  const closeOne = async ({ store }: Opened) => (await store.catch(() => undefined))?.close();
  const storeOf = async ({ name, path }: Entry) => {
    const createdAt = await writtenAt(path);
    const before = opened.get(name);
    if (before?.createdAt === createdAt) return before.store;
    const store = openStore(path);
    opened.set(name, { createdAt, store });
    // One that could not be opened is tried again.
    store.catch(() => opened.delete(name));
    if (before) await closeOne(before);
    return store;
  };
  return {
    list: async () => {
      const corpora = await Promise.all((await entriesOf(folder)).map(readableSummary));
      return corpora.filter((corpus) => corpus !== undefined);
    },
    find: async (name) => {
      const entry = await entryNamed(folder, name);
      const summary = entry && (await summaryOf(entry));
      return summary && { ...summary, ...corpusOf(await reportOf(entry.path)) };
    },
    pairs: async (name, search) => {
      const entry = await entryNamed(folder, name);
      if (entry === undefined || !(await isStore(entry.path))) return undefined;
      const rows = await (await storeOf(entry)).find({ ...search, limit: search.limit + 1 });
      const pairs = rows.slice(0, search.limit).map(({ ko, en, corpus, domain }) => ({
        ...{ ko, en, source: corpus },
        ...(domain ? { domain } : {}),
      }));
      return { pairs, more: rows.length > search.limit };
    },
    close: async () => {
      await Promise.all([...opened.values()].map(closeOne));
      opened.clear();
    },
  };
}

/** Undefined also for a damaged one: it hides no other, and tells what is wrong where it is asked for itself. */
async function readableSummary(entry: Entry): Promise<CorpusSummary | undefined> {
  return summaryOf(entry).catch((error) => {
    if (error instanceof KsdError) return undefined;
    throw error;
  });
}

async function summaryOf({ name, path }: Entry): Promise<CorpusSummary | undefined> {
  if (!(await isStore(path))) return undefined;
  const { pairs } = await reportOf(path);
  return { name, pairs, createdAt: new Date(await writtenAt(path)).toISOString() };
}

async function reportOf(corpus: string): Promise<CorpusReport> {
  return (await readJsonObject(join(corpus, reportFile))) as unknown as CorpusReport;
}

async function writtenAt(corpus: string): Promise<number> {
  const path = join(corpus, reportFile);
  const { mtimeMs } = await stat(path).catch((cause) => {
    throw unreadable(path, cause);
  });
  return mtimeMs;
}

/** What the report tells. */
export function corpusOf({ sources, histograms, pairs }: CorpusReport): Omit<Corpus, keyof CorpusSummary> {
  const total = totalOf(sources);
  const dropped = reasons
    .map((reason) => ({ reason, title: reasonWords[reason].name, count: total.dropped[reason] ?? 0 }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
  return {
    read: total.rows,
    kept: pairs,
    dropped,
    sources: bySource(sources),
    histograms: histograms.map(histogramOf),
  };
}

/** Files of one corpus together, under the name that its pairs carry. */
function bySource(sources: readonly SourceCounts[]): Corpus['sources'] {
  const names = [...new Set(sources.map(({ corpus }) => corpus))];
  return names.map((name) => {
    const { rows, kept } = totalOf(sources.filter(({ corpus }) => corpus === name));
    return { name, kept, dropped: rows - kept };
  });
}

/** Without the empty bars behind the last one. */
function histogramOf(histogram: Histogram): Corpus['histograms'][number] {
  const { corpus, binSize, counts } = histogram;
  const title = histogramTitle(histogram);
  const used = counts.findLastIndex((count) => count > 0) + 1;
  return {
    title: { ko: `${corpus} · ${title.ko}`, en: `${corpus} · ${title.en}` },
    edges: Array.from({ length: used + 1 }, (_, i) => i * binSize),
    counts: counts.slice(0, used),
  };
}
