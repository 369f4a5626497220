/**
 * `ksd leaderboard`: everything that was evaluated, side by side on one page, with learning curves.
 */
import { readdir } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Command } from 'commander';
import { writeFileAtomic } from '../../checkpoint/atomic.ts';
import { unreadable } from '../../checkpoint/file.ts';
import { learningCurves } from '../../evaluation/leaderboard/curves.ts';
import { leaderboardPage } from '../../evaluation/leaderboard/page.ts';
import { type Results, readResults } from '../../evaluation/leaderboard/results.ts';
import { chartWidth, saveFigure } from '../../pictures/saveFigure.ts';
import { commandLine } from '../commandLine.ts';
import { t } from '../messages.ts';
import { examples } from '../options.ts';

interface Options {
  readonly out: string;
  readonly curves?: string;
  readonly figure?: string;
}

export function addLeaderboard(program: Command): void {
  program
    .command('leaderboard')
    .description(
      t('평가 결과들을 한 쪽에 견주어 놓습니다', 'put the results of evaluations side by side on one page'),
    )
    .argument('<files...>', t('`ksd eval`이 쓴 JSON 파일들', 'JSON files that `ksd eval` wrote'))
    .option('--out <file>', t('저장할 Markdown 파일', 'Markdown file to write'), 'out/results.md')
    .option(
      '--curves <folder>',
      t(
        '말뭉치 크기마다 평가한 JSON 파일들의 폴더: 학습 곡선을 그립니다',
        'folder of evaluations by size of the corpus: draws learning curves',
      ),
    )
    .option(
      '--figure <file>',
      t(
        '학습 곡선을 저장할 PNG (SVG도 옆에; 기본: --out 옆)',
        'PNG of the learning curves, with an SVG beside it (default: beside --out)',
      ),
    )
    .addHelpText(
      'after',
      examples(
        [t('지금까지 평가한 모두', 'all that was evaluated'), 'ksd leaderboard out/*.json'],
        [
          t('학습 곡선까지', 'with learning curves'),
          'ksd leaderboard docs/results/*.json --curves docs/results/corpus-size --out docs/results.md',
        ],
      ),
    )
    .action(leaderboard);
}

async function leaderboard(files: readonly string[], { out, curves, figure }: Options): Promise<void> {
  const results = await readAll(files);
  const image = (figure ?? `${out.replace(/\.md$/i, '')}-curves.png`).replace(/\.(png|svg)$/i, '');
  const shown = curves === undefined ? undefined : await readAll(await evaluationsIn(curves));
  if (shown) await saveCurves(shown, image);
  const link = relative(dirname(out), `${image}.png`).split(sep).join('/');
  const page = leaderboardPage(results, {
    command: commandLine(process.argv.slice(2)),
    ...(shown ? { curves: { figure: link, results: shown } } : {}),
  });
  await writeFileAtomic(out, page);
  console.log([out, ...(shown ? [`${image}.png`, `${image}.svg`] : [])].join('\n'));
}

async function readAll(files: readonly string[]): Promise<Results[]> {
  const results: Results[] = [];
  for (const file of files) results.push(await readResults(file));
  return results;
}

async function evaluationsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause) => {
    throw unreadable(folder, cause);
  });
  return names
    .filter((name) => name.endsWith('.json'))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((name) => join(folder, name));
}

async function saveCurves(results: readonly Results[], image: string): Promise<void> {
  await saveFigure(image, learningCurves(results), chartWidth);
}
