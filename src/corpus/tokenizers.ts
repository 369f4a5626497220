/**
 * The tokenizers that a corpus is measured with, told apart by their files.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { openTokenizer } from '../encoders/tokenizerFolder.ts';
import type { TokenizerFolders } from './build/sift.ts';
import type { TokenizerFacts } from './report/corpusReport.ts';

/** A hash of the tokenizer's files. Throws CheckpointError if the folder holds none. */
export async function tokenizerFingerprint(folder: string): Promise<string> {
  const { files } = await openTokenizer(folder);
  const hash = createHash('sha256');
  for (const file of files) {
    hash
      .update(basename(file))
      .update('\n')
      .update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Facts about the teacher's, and then the student's if there is one. */
export async function tokenizerFacts({ teacher, student }: TokenizerFolders): Promise<TokenizerFacts[]> {
  const facts = [{ name: 'teacher', fingerprint: await tokenizerFingerprint(teacher) }];
  if (student !== undefined)
    facts.push({ name: 'student', fingerprint: await tokenizerFingerprint(student) });
  return facts;
}
