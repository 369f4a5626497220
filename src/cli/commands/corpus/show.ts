/**
 * `ksd corpus show`: pairs of a store, or the rows that it refused, in the terminal.
 */
import { type Command, Option } from 'commander';
import { type Reason, reasons } from '../../../corpus/reasons.ts';
import {
  type CorpusStore,
  openStore,
  type PairOrigin,
  type RejectedRow,
  type Search,
  type StoredPair,
} from '../../../corpus/store.ts';
import { t, word } from '../../messages.ts';
import { examples, wholeNumber } from '../../options.ts';

interface Options {
  readonly limit: number;
  readonly skip: number;
  readonly random?: number;
  readonly corpus?: string;
  readonly domain?: string;
  readonly rejected?: Reason | true;
  readonly json?: boolean;
}

export function addShow(corpus: Command): void {
  corpus
    .command('show')
    .description(t('말뭉치의 쌍을 보고 찾습니다', 'look at pairs of a corpus, search in them'))
    .argument('<corpus>', t('말뭉치 폴더', 'folder of the corpus'))
    .argument('[text]', t('어느 쪽에든 들어 있는 말', 'text in either side'))
    .option('--limit <n>', t('몇 개를 볼지', 'how many'), wholeNumber(1), 10)
    .option('--skip <n>', t('앞에서 몇 개를 건너뛸지', 'how many to leave out first'), wholeNumber(0), 0)
    .option('--random <seed>', t('무작위로 고르기', 'draw at random'), wholeNumber(0))
    .option('--corpus <name>', t('한 출처만, 예: aihub-126', 'only of one source, such as aihub-126'))
    .option('--domain <name>', t('한 분야만', 'only of one domain'))
    .addOption(
      new Option('--rejected [reason]', t('버린 행을 보기', 'rows that were refused'))
        .choices(reasons)
        .preset(true),
    )
    .option('--json', t('한 줄에 JSON 하나씩', 'one JSON object a line'))
    .addHelpText(
      'after',
      examples(
        [t('처음 열 쌍', 'the first ten pairs'), 'ksd corpus show corpus/aihub'],
        [t('찾기', 'search'), 'ksd corpus show corpus/aihub 고양이 --limit 20'],
        [t('무작위로', 'at random'), 'ksd corpus show corpus/aihub --random 1 --corpus aihub-71382'],
        [t('왜 버렸는지', 'why rows were refused'), 'ksd corpus show corpus/aihub --rejected lengthRatio'],
      ),
    )
    .action(show);
}

async function show(folder: string, text: string | undefined, options: Options): Promise<void> {
  const store = await openStore(folder);
  try {
    const { limit, skip, random, corpus, domain } = options;
    const search: Search = {
      limit,
      skip,
      ...(text === undefined ? {} : { text }),
      ...(random === undefined ? {} : { seed: random }),
      ...(corpus === undefined ? {} : { corpus }),
      ...(domain === undefined ? {} : { domain }),
    };
    const rows =
      options.rejected === undefined
        ? await store.find(search)
        : await refused(store, search, options.rejected);
    for (const row of rows) console.log(options.json ? JSON.stringify(row) : lines(row).join('\n'));
    if (rows.length === 0) process.stderr.write(`${t('맞는 행이 없습니다.', 'No such rows.')}\n`);
  } finally {
    store.close();
  }
}

function refused(store: CorpusStore, search: Search, reason: Reason | true): Promise<RejectedRow[]> {
  return store.findRejected(reason === true ? search : { ...search, reason });
}

function lines(row: StoredPair | RejectedRow): string[] {
  if ('reason' in row) {
    const why = row.problem === null ? row.reason : `${row.reason}: ${row.problem}`;
    return [row.ko ?? '—', row.en ?? '—', `  ${why} · ${place(row)}`, ''];
  }
  const { teacherTokens: teacher, studentTokens: student } = row;
  const lengths = [teacher, ...(student ? [student] : [])].map(({ ko, en }) => `${ko}/${en}`).join(' · ');
  return [row.ko, row.en, `  ${lengths} ${word('토큰', 'tokens')} · ${place(row)}`, ''];
}

function place({ corpus, domain, file, row }: PairOrigin): string {
  return [corpus, domain, `${file}:${row}`].filter((part) => part !== null && part !== '').join(' · ');
}
