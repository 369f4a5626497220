/**
 * The parts of an .xlsx file that matter: its first sheet and its table of strings (ECMA-376, SpreadsheetML).
 */
import { dirname, posix } from 'node:path';
import { SaxesParser } from 'saxes';
import { CorpusError } from '../../../errors.ts';
import { chunksOf, openRandom, unpacked } from '../../sources/content.ts';
import type { StoredFile } from '../../sources/storedFile.ts';
import { zipFiles, zipMembers } from '../../sources/zip.ts';
import type { ReadOptions } from '../reader.ts';

export interface Workbook {
  readonly path: string;
  readonly sheet: StoredFile;
  /** Missing in a file whose cells hold their texts themselves. */
  readonly strings: StoredFile | undefined;
}

/** Throws CorpusError if the file is no workbook or has no sheet. */
export async function openWorkbook(file: StoredFile, options: ReadOptions): Promise<Workbook> {
  const parts = await partsOf(file, options).catch((cause) => {
    if (!(cause instanceof CorpusError)) throw cause;
    throw new CorpusError(
      `${file.path} is no Excel file (.xlsx): ${cause.problem}`,
      'Download it again, or save it from Excel as .xlsx.',
      { cause },
    );
  });
  const sheetName = await firstSheet(parts, options);
  const sheet = sheetName === undefined ? undefined : parts.get(sheetName);
  if (sheet === undefined)
    throw new CorpusError(`${file.path} has no sheet.`, 'Save it from Excel as .xlsx again.');
  return { path: file.path, sheet, strings: parts.get('xl/sharedStrings.xml') };
}

async function partsOf(file: StoredFile, options: ReadOptions): Promise<Map<string, StoredFile>> {
  const plain = file.packing === 'none' ? file : await unpacked(file, options.scratch, options);
  const archive = await openRandom(plain, options.scratch);
  try {
    const parts = new Map<string, StoredFile>();
    for await (const part of zipFiles(archive, plain.segments, await zipMembers(archive))) {
      parts.set(part.path.slice(file.path.length + 1), part);
    }
    return parts;
  } finally {
    await archive.close();
  }
}

/** The part that holds the first sheet, by the workbook's own list. */
async function firstSheet(
  parts: ReadonlyMap<string, StoredFile>,
  options: ReadOptions,
): Promise<string | undefined> {
  const workbook = parts.get('xl/workbook.xml');
  const relations = parts.get('xl/_rels/workbook.xml.rels');
  if (workbook === undefined || relations === undefined) return undefined;
  const [sheet] = await elementsOf(workbook, 'sheet', options);
  const relation = (await elementsOf(relations, 'Relationship', options)).find(
    ({ Id }) => Id === sheet?.['r:id'],
  );
  if (relation?.['Target'] === undefined) return undefined;
  // Targets are relative to xl/, or absolute.
  return posix.join(dirname('xl/workbook.xml'), relation['Target']).replace(/^xl\/\/?xl\//, 'xl/');
}

/** The attributes of all elements of a name in a small part. */
async function elementsOf(
  part: StoredFile,
  name: string,
  options: ReadOptions,
): Promise<Record<string, string>[]> {
  const found: Record<string, string>[] = [];
  const parser = new SaxesParser({ xmlns: false });
  parser.on('opentag', (tag) => {
    if (tag.name === name) found.push(tag.attributes as Record<string, string>);
  });
  for await (const _ of feedXml(parser, part, options, () => part.path));
  return found;
}

/**
 * Feeds a part to a parser step by step: what the parser found in a chunk may be taken after each. `where` says, when it
 * is no XML, in which place.
 */
export async function* feedXml(
  parser: SaxesParser<{ xmlns: false }>,
  part: StoredFile,
  options: ReadOptions,
  where: () => string,
): AsyncGenerator<void, void, void> {
  parser.on('error', (error) => {
    throw new CorpusError(
      `${where()} is not valid XML: ${error.message}.`,
      'Download it again, or save it from Excel as .xlsx again.',
    );
  });
  const decoder = new TextDecoder();
  for await (const chunk of chunksOf(part, options)) {
    parser.write(decoder.decode(chunk, { stream: true }));
    yield;
  }
  parser.close();
  yield;
}
