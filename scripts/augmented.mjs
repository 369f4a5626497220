/**
 * Prints Korean texts as an experiment trains on them, to be read by somebody who speaks Korean:
 * node scripts/augmented.mjs experiments/emoji-roberta-robust.yaml [count] [kind]
 * Needs a build. Each kind (corpus.augment) is applied to every text on its own, then all at the experiment's rates.
 *
 * With "pairs" for kind, it prints the pairs of `count` epochs as JSONL, for a vocabulary that knows what is changed:
 * node scripts/augmented.mjs experiments/emoji-roberta-robust.yaml 4 pairs > out/pairs.jsonl
 * ksd vocab out/pairs.jsonl --size 10000 --out models/emoji-tokenizer-robust
 */
import { readPairs } from '../dist/corpus/pairs.js';
import { augmenter } from '../dist/distillation/augment/augment.js';
import { readLexicon } from '../dist/distillation/augment/lexicon.js';
import { mineDictionary } from '../dist/distillation/augment/mixing.js';
import { augmentKindNames } from '../dist/distillation/augment/registry.js';
import { readExperiment } from '../dist/distillation/experiment.js';

const { corpus, seed } = await readExperiment(process.argv[2]);
const count = Number(process.argv[3] ?? 10);
const pairs = await readPairs(corpus.pairs);
const sources = {
  dictionary: mineDictionary(pairs.slice(0, 20_000)),
  lexicon: await readLexicon(corpus.augment.lexicon),
};
const off = Object.fromEntries(augmentKindNames.map((name) => [name, 0]));
const settings = {
  ...Object.fromEntries(augmentKindNames.map((name) => [name, { ...off, [name]: 1 }])),
  all: corpus.augment,
};

const epochs = process.argv[4] === 'pairs' ? count : 0;
for (let epoch = 0; epoch < epochs; epoch++) {
  const augment = augmenter(corpus.augment, seed, sources);
  for (const [row, { en, ko }] of pairs.entries()) {
    console.log(JSON.stringify({ en, ko: augment(ko, epoch, row) }));
  }
}

for (const [name, rates] of Object.entries(settings)) {
  if (process.argv[4] !== undefined && process.argv[4] !== name) continue;
  console.log(`\n${name}`);
  const augment = augmenter(rates, seed, sources);
  for (let i = 0; i < count; i++) {
    const row = Math.floor((i * pairs.length) / count);
    console.log(`  ${pairs[row].ko}  →  ${augment(pairs[row].ko, 1, row)}`);
  }
}
