/**
 * Texts a second on one core of both tokenizers, beside the common library, on sentences as long as those of AI Hub's
 * corpora; each sentence is seen once, so that only words repeat, as in a corpus. Says on how many both agree.
 *
 *   npm run bench:tokenizers -- [sentences]
 */
import { existsSync, readFileSync } from 'node:fs';
import { sentence } from '../src/corpus/synthetic/sentences.ts';
import { tokenizerFileNames, tokenizerFromFiles } from '../src/text/load.ts';
import type { Tokenizer } from '../src/text/tokenizer.ts';
import { trainWordPiece } from '../src/text/wordpieceTrainer.ts';
import { commonTokenizer } from './commonTokenizer.ts';

const count = Number(process.argv[2] ?? 100_000);
const sentences = Array.from({ length: count }, (_, i) => sentence(1, i));
const texts = { English: sentences.map(({ en }) => en), Korean: sentences.map(({ ko }) => ko) };
const mean = (list: readonly string[]) => list.reduce((sum, text) => sum + text.length, 0) / list.length;
console.log(
  `${count} sentences; characters: English ${mean(texts.English).toFixed(0)}, Korean ${mean(texts.Korean).toFixed(0)}`,
);

function read(folder: string): Tokenizer {
  const names = tokenizerFileNames.filter((name) => existsSync(`${folder}/${name}`));
  return tokenizerFromFiles(
    Object.fromEntries(names.map((name) => [name, readFileSync(`${folder}/${name}`, 'utf8')])),
  );
}

/** Texts a second of `work` on each. */
function rate(list: readonly string[], work: (text: string) => unknown): number {
  const start = performance.now();
  for (const text of list) work(text);
  return Math.round((1000 * list.length) / (performance.now() - start));
}

for (const [name, folder] of [
  ['CLIP', 'models/clip-tokenizer'],
  ['WordPiece', 'models/emoji-tokenizer'],
] as const) {
  for (const [language, list] of Object.entries(texts)) {
    const [counter, encoder] = [read(folder), read(folder)];
    const common = commonTokenizer(folder);
    const some = list.slice(0, Math.min(20_000, count));
    const [counted, encoded] = [
      rate(list, (text) => counter.count(text)),
      rate(list, (text) => encoder.encode(text)),
    ];
    const usual = rate(some, common);
    const agree = some.filter((text) => encoder.encode(text).ids.join() === common(text).join()).length;
    console.log(
      `${name.padEnd(9)} ${language.padEnd(7)} count ${counted}/s, encode ${encoded}/s; the library ${usual}/s: ${(encoded / usual).toFixed(1)} times; same ids in ${((100 * agree) / some.length).toFixed(2)}%`,
    );
  }
}

const captions = readFileSync('models/emoji-sd/captions/train.jsonl', 'utf8')
  .trim()
  .split('\n')
  .flatMap((line) => {
    const { en, ko } = JSON.parse(line) as { en: string; ko: string };
    return [en, ko];
  });
for (const size of [4000, 8000, 32000]) {
  const start = performance.now();
  const vocabulary = trainWordPiece(captions, { size });
  console.log(
    `training ${size} entries: ${((performance.now() - start) / 1000).toFixed(1)} s, ${vocabulary.length} made`,
  );
}
