/**
 * Finds the texts that belong together among files: `x.ko` with `x.en`, as Moses and OPUS name them.
 */
import { basename } from 'node:path';
import { type StoredFile, storedBytes } from '../sources/storedFile.ts';
import type { Table } from './reader.ts';

const sideName = /^(.*[._-])(ko|kor|kr|en|eng)(\.txt|\.gz|\.txt\.gz)?$/i;

export interface MosesPairs {
  readonly pairs: readonly Table[];
  /** The files that are in no pair. */
  readonly rest: readonly StoredFile[];
}

export function pairMoses(files: readonly StoredFile[]): MosesPairs {
  const sides = new Map<string, { ko?: StoredFile; en?: StoredFile }>();
  for (const file of files) {
    const [, stem, language, ending] = sideName.exec(file.path) ?? [];
    if (stem === undefined) continue;
    const key = `${stem}*${ending ?? ''}`;
    const both = sides.get(key) ?? {};
    both[/^k/i.test(language!) ? 'ko' : 'en'] = file;
    sides.set(key, both);
  }
  const paired = new Set<StoredFile>();
  const pairs: Table[] = [];
  for (const { ko, en } of sides.values()) {
    if (ko === undefined || en === undefined) continue;
    paired.add(ko).add(en);
    const size = storedBytes([...ko.segments, ...en.segments]);
    const corpus = basename(sideName.exec(ko.path)![1]!).replace(/[._-]+$/, '');
    pairs.push({
      path: ko.path,
      format: 'moses',
      corpus,
      files: [ko, en],
      columns: { ko: 'ko', en: 'en' },
      size,
    });
  }
  return { pairs, rest: files.filter((file) => !paired.has(file)) };
}
