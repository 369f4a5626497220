import { mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTokenizer } from '../../encoders/tokenizerFolder.ts';
import { encodePadded } from '../../text/tokenizer.ts';
import { buildCorpus } from '../build/build.ts';
import { type CorpusStore, openStore } from '../store.ts';
import { sentence } from '../synthetic/sentences.ts';
import { openTokens, type TokenCache, type TokenOptions } from './cache.ts';

let folder: string;
let store: CorpusStore;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ksd-tokens-'));
  const lines = Array.from({ length: 300 }, (_, i) => JSON.stringify(sentence(1, i)));
  await writeFile(join(folder, 'pairs.jsonl'), lines.join('\n'));
  const out = join(folder, 'store');
  const building = buildCorpus({
    inputs: [join(folder, 'pairs.jsonl')],
    out,
    tokenizers: { teacher: 'models/clip-tokenizer' },
    rules: { fit: 'none' },
    threads: 1,
  });
  for await (const _ of building);
  store = await openStore(out);
}, 60_000);
afterAll(async () => {
  store.close();
  await rm(folder, { recursive: true, force: true });
});

async function open(options: TokenOptions): Promise<{ cache: TokenCache; made: number }> {
  const opening = openTokens(store, { threads: 1, ...options });
  let made = 0;
  let next = await opening.next();
  for (; !next.done; next = await opening.next()) made = next.value.done;
  return { cache: next.value, made };
}

test.each(['models/clip-tokenizer', 'models/emoji-tokenizer'])(
  'the ids of %s are those of the texts, cut to 77',
  async (name) => {
    const { tokenizer } = await openTokenizer(name);
    const { cache } = await open({ tokenizer: name });
    expect(cache.count).toBe(300);
    let row = 0;
    for await (const { en, ko } of store.pairs()) {
      for (const [i, text] of en.entries()) {
        const pair = await cache.read(row);
        for (const [side, expected] of [
          [pair.en, text],
          [pair.ko, ko[i]!],
        ] as const) {
          const { ids, length } = encodePadded(tokenizer, expected);
          expect([...Array.from(side)]).toEqual([...ids.subarray(0, length)]);
        }
        expect([cache.lengths[2 * row], cache.lengths[2 * row + 1]]).toEqual([
          pair.en.length,
          pair.ko.length,
        ]);
        row++;
      }
    }
    await cache.close();
  },
);

test('the cache of a larger sample serves a smaller one, and grows for a larger', async () => {
  const tokenizer = 'fixtures/golden/tokenizers/bert';
  const first = await open({ tokenizer, count: 120 });
  expect([first.cache.count, first.made]).toEqual([120, 120]);
  const smaller = await open({ tokenizer, count: 50 });
  expect([smaller.cache.count, smaller.made]).toEqual([50, 0]);
  const larger = await open({ tokenizer });
  expect([larger.cache.count, larger.made]).toEqual([300, 300]);
  expect(await larger.cache.read(7)).toEqual(await smaller.cache.read(7));
  for (const { cache } of [first, smaller, larger]) await cache.close();
});

test('a cache that became shorter is refused', async () => {
  const { cache } = await open({ tokenizer: 'models/emoji-tokenizer' });
  await cache.close();
  for (const name of await readdir(join(store.folder, 'tokens'))) {
    const path = join(store.folder, 'tokens', name, 'ids');
    await truncate(path, (await stat(path)).size - 2);
  }
  await expect(open({ tokenizer: 'models/emoji-tokenizer' })).rejects.toThrow(/shorter than it was written/);
});
