/**
 * `ksd corpus export`: a sample of a store, split in two, as files for other programs.
 */
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { writeAll, writeFileAtomic } from '../../../checkpoint/atomic.ts';
import { validationFraction } from '../../../corpus/layout.ts';
import { type CorpusStore, openStore } from '../../../corpus/store.ts';
import { t, word } from '../../messages.ts';
import { examples, wholeNumber } from '../../options.ts';
import { progress } from '../../progress.ts';

interface Options {
  readonly out: string;
  readonly sample?: number;
  readonly validation: number;
  readonly format: keyof typeof lineOf;
}

/** A pair as a line of each format. */
const lineOf = {
  jsonl: (en: string, ko: string) => `${JSON.stringify({ en, ko })}\n`,
  // Cleaning has left no tab and no line break in a text.
  tsv: (en: string, ko: string) => `${en}\t${ko}\n`,
} as const;

export function addCorpusExport(corpus: Command): void {
  corpus
    .command('export')
    .description(
      t(
        '표본을 뽑아 학습용과 검증용 파일로 저장합니다',
        'write a sample as a training and a validation file',
      ),
    )
    .argument('<corpus>', t('말뭉치 폴더', 'folder of the corpus'))
    .requiredOption(
      '--out <folder>',
      t('train과 validation을 저장할 폴더', 'folder for train and validation'),
    )
    .option('--sample <n>', t('몇 쌍을 뽑을지 (기본 전부)', 'how many pairs (default all)'), wholeNumber(1))
    .option('--validation <fraction>', t('검증용 비율', 'part set aside'), readFraction, validationFraction)
    .addOption(
      new Option('--format <format>', t('형식', 'format')).choices(Object.keys(lineOf)).default('jsonl'),
    )
    .addHelpText(
      'after',
      examples([
        t('250,000쌍', '250,000 pairs'),
        'ksd corpus export corpus/aihub --sample 250000 --out out/aihub-250k',
      ]),
    )
    .action(exportPairs);
}

async function exportPairs(folder: string, { out, sample, validation, format }: Options): Promise<void> {
  const store = await openStore(folder);
  try {
    const sides = [
      { name: 'train', holds: (key: number) => key >= validation },
      { name: 'validation', holds: (key: number) => key < validation },
    ];
    const total = Math.min(sample ?? store.report.pairs, store.report.pairs);
    for (const { name, holds } of sides) {
      const path = join(out, `${name}.${format}`);
      const bar = progress({ total, label: name, unit: word('쌍', 'pairs') });
      const written = await writeSide(store, path, total, holds, lineOf[format], (rows) => bar.tick(rows));
      bar.stop();
      console.log(`${path}: ${written.toLocaleString('en')} ${t('쌍', 'pairs')}`);
    }
  } finally {
    store.close();
  }
}

async function writeSide(
  store: CorpusStore,
  path: string,
  total: number,
  holds: (splitKey: number) => boolean,
  format: (en: string, ko: string) => string,
  onRows: (rows: number) => void,
): Promise<number> {
  let written = 0;
  await writeFileAtomic(path, async (handle) => {
    for await (const { en, ko, splitKey } of store.pairs(total)) {
      const lines = en.flatMap((text, i) => (holds(splitKey[i]!) ? [format(text, ko[i]!)] : []));
      await writeAll(handle, Buffer.from(lines.join('')));
      written += lines.length;
      onRows(en.length);
    }
  });
  return written;
}

function readFraction(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value < 1) return value;
  throw new InvalidArgumentError(t('0 이상 1 미만의 수를 주세요.', 'Give a number from 0 to below 1.'));
}
