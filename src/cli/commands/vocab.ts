/**
 * `ksd vocab`: learns a Korean-English WordPiece vocabulary from pairs, for a student that starts at random.
 */
import { join } from 'node:path';
import type { Command } from 'commander';
import { writeFileAtomic, writeFolderAtomic } from '../../checkpoint/atomic.ts';
import { readPairs } from '../../corpus/pairs.ts';
import { wordpieceFiles } from '../../text/wordpieceFiles.ts';
import { trainWordPiece } from '../../text/wordpieceTrainer.ts';
import { t } from '../messages.ts';
import { examples, wholeNumber } from '../options.ts';
import { refuseOthers } from '../output.ts';

interface Options {
  readonly size: number;
  readonly out: string;
}

export function addVocab(program: Command): void {
  program
    .command('vocab')
    .description(
      t('말뭉치로 한국어-영어 WordPiece 어휘를 만듭니다', 'learn a Korean-English WordPiece vocabulary'),
    )
    .argument('<pairs>', t('en과 ko가 있는 JSONL 파일', 'JSONL file with en and ko'))
    .requiredOption('--out <folder>', t('토크나이저를 저장할 폴더', 'folder for the tokenizer'))
    .option('--size <n>', t('어휘 크기', 'entries'), wholeNumber(1), 8000)
    .addHelpText(
      'after',
      examples([
        t('이모지 말뭉치로', 'from the emoji corpus'),
        'ksd vocab models/emoji-sd/captions/train.jsonl --size 8000 --out out/vocab',
      ]),
    )
    .action(makeVocabulary);
}

async function makeVocabulary(path: string, { size, out }: Options): Promise<void> {
  const pairs = await readPairs(path);
  const vocabulary = trainWordPiece(
    pairs.flatMap(({ en, ko }) => [en, ko]),
    { size },
  );
  const files = wordpieceFiles(vocabulary);
  await refuseOthers(out, Object.keys(files));
  await writeFolderAtomic(out, async (temporary) => {
    for (const [name, content] of Object.entries(files)) {
      await writeFileAtomic(join(temporary, name), content);
    }
  });
  console.log(
    t(
      `${pairs.length}쌍에서 ${vocabulary.length}개 어휘를 만들었습니다: ${out}`,
      `${vocabulary.length} entries from ${pairs.length} pairs: ${out}`,
    ),
  );
  if (vocabulary.length < size) {
    console.log(
      t(
        '더 합칠 만큼 자주 나오는 조각이 없어 요청보다 작습니다.',
        'Smaller than asked for: no pair of pieces is frequent enough.',
      ),
    );
  }
}
