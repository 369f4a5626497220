/**
 * `ksd corpus build`: reads parallel texts of any kind into a store of clean pairs, and says what was dropped and why.
 */
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { packagedClipTokenizer } from '../../../checkpoint/packageRoot.ts';
import { type BuildEvent, buildCorpus } from '../../../corpus/build/build.ts';
import { pairsFile, rejectedFile, reportFile, reportPage, tokensFolder } from '../../../corpus/layout.ts';
import type { CorpusReport } from '../../../corpus/report/corpusReport.ts';
import { summaryTable } from '../../../corpus/report/summary.ts';
import { defaultRules, type Rules } from '../../../corpus/rules.ts';
import { exitStatus } from '../../failure.ts';
import { onInterrupt } from '../../interrupt.ts';
import { t, word } from '../../messages.ts';
import { examples, wholeNumber } from '../../options.ts';
import { refuseOthers } from '../../output.ts';
import { type Progress, progress } from '../../progress.ts';
import { tableLines } from '../../table.ts';

interface Options {
  readonly out: string;
  readonly seed: number;
  readonly teacher: string;
  readonly student?: string;
  readonly fit: Rules['fit'];
  readonly unique: Rules['unique'];
  readonly ratio: readonly [number, number];
  readonly ko?: string;
  readonly en?: string;
  readonly domain?: string;
  readonly threads?: number;
}

export function addBuild(corpus: Command): void {
  corpus
    .command('build')
    .description(t('말뭉치 파일들을 깨끗한 문장 쌍으로 만듭니다', 'make clean pairs of the files of corpora'))
    .argument('<inputs...>', t('파일, 폴더, 압축 파일', 'files, folders, archives'))
    .requiredOption('--out <folder>', t('말뭉치를 저장할 폴더', 'folder for the corpus'))
    .option('--seed <n>', t('표본과 분할을 정하는 시드', 'seed of samples and splits'), wholeNumber(0), 0)
    .addOption(
      new Option(
        '--fit <rule>',
        t(
          '77토큰 규칙: original은 원래 프로젝트처럼 양쪽을 교사의 토크나이저로, student는 영어는 둘 다로, 한국어는 학생 것으로',
          'who must read a pair in 77 tokens: original: the teacher both sides; student: the teacher English, the student both',
        ),
      )
        .choices(['original', 'student', 'none'])
        .default(defaultRules.fit),
    )
    .addOption(
      new Option('--unique <what>', t('한 번만 나와야 하는 것', 'what may stand only once'))
        .choices(['pair', 'en', 'ko', 'either'])
        .default(defaultRules.unique),
    )
    .option(
      '--ratio <least,most>',
      t('한국어 한 글자당 영어 글자 수의 범위', 'range of English characters for one of Korean'),
      readRatio,
      defaultRules.ratio,
    )
    .addOption(
      new Option('--teacher <folder>', t('교사의 토크나이저', 'tokenizer of the teacher')).default(
        packagedClipTokenizer(),
        t('내장 CLIP', 'the packaged CLIP'),
      ),
    )
    .option('--student <folder>', t('학생의 토크나이저', 'tokenizer of the student'))
    .option('--ko <name>', t('한국어 열 이름', 'column with Korean'))
    .option('--en <name>', t('영어 열 이름', 'column with English'))
    .option('--domain <name>', t('분야 열 이름', 'column with the domain'))
    .option(
      '--threads <n>',
      t('동시에 읽을 파일 수 (기본 CPU 코어 수)', 'files read at a time (default: cores)'),
      wholeNumber(1),
    )
    .addHelpText(
      'after',
      examples(
        [
          t('AI Hub에서 받은 폴더를 그대로', 'a folder as downloaded from AI Hub'),
          'ksd corpus build ~/aihub --out corpus/aihub',
        ],
        [
          t('학생 토크나이저로 길이를 재기', 'lengths as the student sees them'),
          'ksd corpus build ~/aihub --out corpus/aihub --student models/roberta-small --fit student',
        ],
        [
          t('열 이름을 알려 주기', 'say which columns'),
          'ksd corpus build pairs.csv --ko 문장 --en translation --out corpus/mine',
        ],
      ),
    )
    .action(build);
}

async function build(inputs: readonly string[], options: Options): Promise<void> {
  const { out, seed, fit, unique, ratio, teacher, student, threads } = options;
  await refuseOthers(out, [pairsFile, rejectedFile, reportFile, reportPage, tokensFolder]);
  const interrupt = onInterrupt(() => {
    process.stderr.write(
      `\n${t('멈춥니다. 끝까지 읽은 파일은 남겨 둡니다.', 'Stopping; files that were read whole are kept.')}\n`,
    );
  });
  const { ko, en, domain } = options;
  const columns = { ...(ko ? { ko } : {}), ...(en ? { en } : {}), ...(domain ? { domain } : {}) };
  const view = buildView();
  try {
    const building = buildCorpus({
      inputs,
      out,
      seed,
      rules: { fit, unique, ratio },
      columns,
      tokenizers: { teacher, ...(student ? { student } : {}) },
      ...(threads ? { threads } : {}),
      signal: interrupt.signal,
    });
    let next = await building.next();
    for (; !next.done; next = await building.next()) view.show(next.value);
    view.stop();
    sayResult(next.value, out);
  } catch (error) {
    view.stop();
    if (!interrupt.signal.aborted) throw error;
    console.log(t('같은 명령을 다시 실행하면 이어서 합니다.', 'Run the same command to go on.'));
    process.exitCode = exitStatus.interrupted;
  } finally {
    interrupt.release();
  }
}

/** A bar in megabytes while files are read: how many rows they hold is not known before. */
function buildView() {
  let bar: Progress | undefined;
  let rows = 0;
  let bytes = 0;
  let total = 0;
  let shown = 0;
  const say = (text: string) => process.stderr.write(`${text}\n`);
  const stop = () => {
    bar?.stop();
    bar = undefined;
  };
  return {
    stop,
    show(event: BuildEvent) {
      if (event.kind === 'found') {
        say(foundText(event));
        rows = event.kept.rows;
        bytes = event.kept.bytes;
        shown = megabytes(bytes);
        total = Math.max(1, megabytes(event.bytes));
        bar = progress({
          total,
          done: shown,
          label: word('읽기', 'reading'),
          unit: 'MB',
        });
      } else if (event.kind === 'read') {
        rows += event.rows;
        bytes += event.bytes;
        const now = megabytes(bytes);
        bar?.tick(now - shown, `${rows.toLocaleString('en')} ${word('행', 'rows')}`);
        shown = now;
      } else {
        // What a reader did not need, such as the directory of a zip, counts as read when all is.
        bar?.tick(total - shown);
        stop();
        say(
          event.kind === 'selecting'
            ? t('중복을 찾습니다', 'looking for duplicates')
            : t('섞어서 저장합니다', 'sorting and writing'),
        );
      }
    },
  };
}

function foundText({ tables, bytes, skipped, kept }: Extract<BuildEvent, { kind: 'found' }>): string {
  const text = t(`파일 ${tables}개, ${megabytes(bytes)} MB`, `${tables} files, ${megabytes(bytes)} MB`);
  const left = skipped > 0 ? `; ${t(`건너뜀 ${skipped}`, `${skipped} skipped`)}` : '';
  const known = kept.tables > 0 ? `; ${t(`이미 읽음 ${kept.tables}`, `${kept.tables} read before`)}` : '';
  return text + left + known;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}

function sayResult(report: CorpusReport, out: string): void {
  const rows = summaryTable(report, word('ko', 'en') as 'ko' | 'en');
  // What costs rows is told behind the table: aligned to the longest it would not fit on a screen.
  const [header, ...lines] = rows.map((row) => row.slice(0, -1));
  const reasons = rows.map((row) => row.at(-1)!);
  reasons.splice(1, 0, '');
  for (const [i, line] of tableLines(header!, lines, 2).entries())
    console.log(`${line}  ${reasons[i]}`.trimEnd());
  const read = report.sources.reduce((sum, source) => sum + source.rows, 0);
  const count = (value: number) => value.toLocaleString('en');
  console.log(
    t(
      `${count(read)}행에서 ${count(report.pairs)}쌍: ${out}`,
      `${count(report.pairs)} pairs of ${count(read)} rows: ${out}`,
    ),
  );
  console.log(`${t('보고서', 'report')}: ${join(out, reportPage)}`);
}

function readRatio(text: string): [number, number] {
  const [least, most, ...more] = text.split(',').map(Number);
  if (more.length === 0 && least !== undefined && most !== undefined && least > 0 && most > least)
    return [least, most];
  throw new InvalidArgumentError(t('0.5,6처럼 두 수를 주세요.', 'Give two numbers, such as 0.5,6.'));
}
