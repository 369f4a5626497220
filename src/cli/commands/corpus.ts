/**
 * `ksd corpus`: parallel texts to clean pairs, and a look into them.
 */
import type { Command } from 'commander';
import { t } from '../messages.ts';
import { addBuild } from './corpus/build.ts';
import { addCorpusExport } from './corpus/export.ts';
import { addShow } from './corpus/show.ts';

export function addCorpus(program: Command): void {
  const corpus = program
    .command('corpus')
    .description(
      t(
        '한국어-영어 말뭉치를 만들고 들여다봅니다 (AI Hub, CSV, TSV, JSON, Parquet, Moses, TMX)',
        'make Korean-English corpora and look into them (AI Hub, CSV, TSV, JSON, Parquet, Moses, TMX)',
      ),
    );
  addBuild(corpus);
  addShow(corpus);
  addCorpusExport(corpus);
}
