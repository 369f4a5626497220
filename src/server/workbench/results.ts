/**
 * Results of `ksd eval` as clients see them: a JSON file, and what lies beside it under its name.
 */
import { stat } from 'node:fs/promises';
import { KsdError } from '../../errors.ts';
import { readReport } from '../../evaluation/report/readReport.ts';
import { type TabledReport, tableNames, titledTables } from '../../evaluation/report/tables.ts';
import type { Result } from '../contract/workbench.ts';
import { type Entry, entriesOf } from './names.ts';

const ending = '.json';

/** All results of a folder, the newest first; JSON files of anything else are left out. */
export async function resultsIn(folder: string): Promise<Pick<Result, 'name' | 'createdAt'>[]> {
  const files = (await entriesOf(folder)).filter(({ name }) => name.endsWith(ending));
  const results = await Promise.all(
    files.map(async (file) => {
      const report = await readReportIn(file);
      return report && { name: nameOf(file), createdAt: await createdAt(file) };
    }),
  );
  return results
    .filter((result) => result !== undefined)
    .sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt));
}

/** Undefined if there is no result of this name. */
export async function resultNamed(folder: string, name: string): Promise<Result | undefined> {
  const entries = await entriesOf(folder);
  const file = entries.find((entry) => entry.name === name + ending);
  const report = file && (await readReportIn(file));
  if (!file || !report) return undefined;
  const tables = titledTables(report).map(({ title, header, rows }) => ({
    title,
    columns: [...header],
    rows: rows.map((row) => [...row]),
  }));
  const page = `${name}.html`;
  return {
    name,
    createdAt: await createdAt(file),
    tables,
    names: tableNames(report),
    figures: figuresOf(name, report, entries),
    ...(entries.some((entry) => entry.name === page) ? { report: page } : {}),
  };
}

/** A figure or the report of a result; undefined if it has no such file. */
export async function fileOfResult(folder: string, name: string, file: string): Promise<Entry | undefined> {
  const result = await resultNamed(folder, name);
  if (!result || !(result.figures.includes(file) || result.report === file)) return undefined;
  return (await entriesOf(folder)).find((entry) => entry.name === file);
}

/** `ksd eval` names the pictures of the first suite as the result, those of others with the suite's name behind. */
function figuresOf(name: string, { suites }: TabledReport, entries: readonly Entry[]): string[] {
  const stems = [name, ...suites.map((suite) => `${name}-${suite.name}`)];
  const known = stems.flatMap((stem) => [`${stem}.png`, `${stem}.svg`]);
  const there = new Set(entries.map((entry) => entry.name));
  return known.filter((file) => there.has(file));
}

/** Undefined if it is no result, or a damaged one. */
async function readReportIn({ path }: Entry): Promise<TabledReport | undefined> {
  return readReport(path).catch((error) => {
    if (error instanceof KsdError) return undefined;
    throw error;
  });
}

function nameOf({ name }: Entry): string {
  return name.slice(0, -ending.length);
}

async function createdAt({ path }: Entry): Promise<string> {
  return (await stat(path)).mtime.toISOString();
}
