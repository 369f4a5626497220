/**
 * Texts a second of both tokenizers: the first time through the captions (nothing remembered) and once more.
 *
 * Run from the repository root; takes no arguments.
 */
import { existsSync, readFileSync } from 'node:fs';
import { tokenizerFileNames, tokenizerFromFiles } from "../src/text/load.js";
import { encodePadded } from "../src/text/tokenizer.js";
import { trainWordPiece } from "../src/text/wordpieceTrainer.js";
const captions = readFileSync('models/emoji-sd/captions/train.jsonl', 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const texts = {
    english: captions.map(({ en }) => en),
    korean: captions.map(({ ko }) => ko),
};
function read(folder) {
    const names = tokenizerFileNames.filter((name) => existsSync(`${folder}/${name}`));
    return tokenizerFromFiles(Object.fromEntries(names.map((name) => [name, readFileSync(`${folder}/${name}`, 'utf8')])));
}
function seconds(work) {
    const start = performance.now();
    work();
    return (performance.now() - start) / 1000;
}
for (const name of ['clip', 'bert']) {
    const tokenizer = read(`fixtures/golden/tokenizers/${name}`);
    for (const [language, list] of Object.entries(texts)) {
        const pass = () => seconds(() => list.forEach((text) => void encodePadded(tokenizer, text)));
        const [first, again] = [pass(), pass()].map((time) => Math.round(list.length / time));
        console.log(`${name.padEnd(5)} ${language}: ${first} texts/s the first time, ${again} texts/s after`);
    }
}
const all = [...texts.english, ...texts.korean];
for (const size of [4000, 8000, 32000]) {
    let vocabulary = [];
    const time = seconds(() => (vocabulary = trainWordPiece(all, { size })));
    console.log(`training ${size} entries: ${time.toFixed(1)} s, ${vocabulary.length} made`);
}
//# sourceMappingURL=tokenizers.js.map