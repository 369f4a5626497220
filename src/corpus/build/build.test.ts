import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { reasons } from '../reasons.ts';
import type { CorpusReport, SourceCounts } from '../report/corpusReport.ts';
import { openStore } from '../store.ts';
import { type Written, write124, write71382, writeAihub } from '../synthetic/aihub.ts';
import { splitFile, writeTar } from '../synthetic/archives.ts';
import { countDirt, type Dirt, dirtKinds, syntheticRows } from '../synthetic/rows.ts';
import { type BuildEvent, type BuildOptions, buildCorpus } from './build.ts';

const tokenizers = { teacher: 'models/clip-tokenizer', student: 'models/emoji-tokenizer' };
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ksd-build-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function build(options: Omit<BuildOptions, 'tokenizers' | 'threads'>) {
  const events: BuildEvent[] = [];
  const building = buildCorpus({ tokenizers, threads: 1, ...options });
  let next = await building.next();
  for (; !next.done; next = await building.next()) events.push(next.value);
  return { report: next.value, events };
}

async function pairsOf(store: string): Promise<{ ko: string; en: string; splitKey: number }[]> {
  const open = await openStore(store);
  const pairs: { ko: string; en: string; splitKey: number }[] = [];
  for await (const { en, ko, splitKey } of open.pairs()) {
    for (const [i, text] of en.entries()) pairs.push({ en: text, ko: ko[i]!, splitKey: splitKey[i]! });
  }
  open.close();
  return pairs;
}

/** What the report must say of a source, by what the generator says that it wrote. */
function expectCounts(source: SourceCounts, written: Written): void {
  const counts = countDirt(syntheticRows(written.options));
  const expected: Partial<Record<Dirt, number>> = { ...counts };
  if (written.path.endsWith('.csv')) {
    // A cell of CSV cannot be missing, only empty.
    expected.empty = (counts.empty ?? 0) + (counts.missing ?? 0);
    delete expected.missing;
  }
  const seen = Object.fromEntries(
    dirtKinds.flatMap((kind) => {
      const found = { ...source.dropped, ...source.repaired, ...source.marked }[kind];
      return found === undefined ? [] : [[kind, found]];
    }),
  );
  expect(seen).toEqual(Object.fromEntries(Object.entries(expected).filter(([, count]) => count > 0)));
  expect(source.rows).toBe(written.options.rows);
}

function total(report: CorpusReport): number {
  return report.sources.reduce((sum, { kept }) => sum + kept, 0);
}

test('what the four corpora hold comes back to the row, and their dirt is counted exactly', async () => {
  const from = join(folder, 'aihub');
  const written = writeAihub(from, 6000, { seed: 3, dirt: 0.006, short: true, formats: ['csv'] });
  const out = join(folder, 'store');
  const { report } = await build({ inputs: [from], out });
  expect(report.sources).toHaveLength(written.length);
  for (const file of written) {
    const source = report.sources.find(({ path }) => path === file.path.normalize('NFC'))!;
    expectCounts(source, file);
  }
  expect(new Set(report.sources.map(({ corpus }) => corpus))).toEqual(
    new Set(['aihub-126', 'aihub-124', 'aihub-125', 'aihub-71382']),
  );
  expect(total(report)).toBe(report.pairs);
  // Every clean row is there with its file and row.
  const store = await openStore(out);
  const stored = new Map((await store.find({ limit: 1e6 })).map((pair) => [`${pair.en}\t${pair.ko}`, pair]));
  store.close();
  for (const { path, options } of written) {
    const rows = syntheticRows(options);
    const duplicated = new Set<number>();
    for (let i = 0; i < rows.count; i++) {
      const { dirt } = rows.row(i);
      if (dirt === 'duplicate' || dirt === 'nearDuplicate')
        for (let j = i - 50; j < i; j++) duplicated.add(j);
    }
    for (let i = 0; i < rows.count; i += 7) {
      const { ko, en, dirt } = rows.row(i);
      if (dirt !== undefined || duplicated.has(i)) continue;
      const pair = stored.get(`${en}\t${ko}`);
      expect(pair?.file.startsWith(path.normalize('NFC'))).toBe(true);
      if (!path.endsWith('.zip')) expect(pair!.row).toBe(i + 2);
    }
  }
});

test('rows that are refused are kept with their reason, file and row', async () => {
  const store = await openStore(join(folder, 'store'));
  const rejected = await store.findRejected({ limit: 1e6 });
  const dropped = store.report.sources
    .flatMap((source) => Object.values(source.dropped))
    .reduce((a, b) => a + b, 0);
  expect(rejected).toHaveLength(dropped);
  expect(new Set(rejected.map(({ reason }) => reason))).toEqual(
    new Set(reasons.filter((reason) => reason !== 'sideDuplicate')),
  );
  const broken = rejected.filter(({ reason }) => reason === 'broken');
  expect(broken.every(({ problem, file, row }) => problem !== null && file !== '' && row > 0)).toBe(true);
  store.close();
});

test('the order of files and rows changes neither the pairs nor their order nor the split', async () => {
  const lines = Array.from({ length: 400 }, (_, i) =>
    syntheticRows({ seed: 9, rows: 400, dirt: 0.02 }).row(i),
  )
    .filter(({ dirt }) => dirt !== 'broken')
    .map(({ ko, en }) => `${JSON.stringify({ ko, en })}\n`);
  const [one, other] = [join(folder, 'one'), join(folder, 'other')];
  for (const path of [one, other]) mkdirSync(path);
  writeFileSync(join(one, 'a.jsonl'), lines.join(''));
  const turned = [...lines].reverse();
  writeFileSync(join(other, 'z.jsonl'), turned.slice(0, 150).join(''));
  writeFileSync(join(other, 'b.jsonl'), turned.slice(150).join(''));
  const first = await build({ inputs: [one], out: join(folder, 'first'), rules: { fit: 'none' } });
  const second = await build({ inputs: [other], out: join(folder, 'second'), rules: { fit: 'none' } });
  expect(second.report.fingerprint).toBe(first.report.fingerprint);
  expect(await pairsOf(join(folder, 'second'))).toEqual(await pairsOf(join(folder, 'first')));
  const third = await build({ inputs: [one], out: join(folder, 'third'), rules: { fit: 'none' }, seed: 1 });
  expect(third.report.fingerprint).toBe(first.report.fingerprint);
  expect(await pairsOf(join(folder, 'third'))).not.toEqual(await pairsOf(join(folder, 'first')));
});

test('no sentence, nor one that is nearly it, stands on both sides of a split of any size', async () => {
  const lines: string[] = [];
  // Chains of eight: neighbours share the English or the Korean sentence, or nearly.
  for (let i = 0; i < 800; i++) {
    const chain = i >> 3;
    const [en, ko] = [(i % 8) >> 1, ((i % 8) + 1) >> 1];
    lines.push(
      JSON.stringify({
        en: i % 2 ? `Cat ${en} of ${chain}.` : `cat ${en} of ${chain}`,
        ko: `고양이 ${ko} ${chain}`,
      }),
    );
  }
  writeFileSync(join(folder, 'chains.jsonl'), lines.join('\n'));
  const { report } = await build({ inputs: [join(folder, 'chains.jsonl')], out: join(folder, 'chains') });
  const pairs = await pairsOf(join(folder, 'chains'));
  const plain = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
  for (const fraction of [0.1, 0.5]) {
    for (const side of ['en', 'ko'] as const) {
      const held = new Set(
        pairs.filter(({ splitKey }) => splitKey < fraction).map((pair) => plain(pair[side])),
      );
      const train = pairs.filter(({ splitKey }) => splitKey >= fraction);
      expect(held.size).toBeGreaterThan(0);
      expect(train.some((pair) => held.has(plain(pair[side])))).toBe(false);
    }
  }
  expect(report.largestGroup).toBe(8);
});

test('what is held out are the pairs that every validation part has', async () => {
  const lines = Array.from({ length: 60 }, (_, i) => {
    return JSON.stringify({
      en: `picture ${i} of a cat`,
      ko: `고양이 그림 ${i}`,
      domain: i % 2 ? 'odd' : 'even',
    });
  });
  writeFileSync(join(folder, 'cats.jsonl'), lines.join('\n'));
  const out = join(folder, 'cats');
  await build({ inputs: [join(folder, 'cats.jsonl')], out });
  const keys = new Map((await pairsOf(out)).map(({ en, splitKey }) => [en, splitKey]));
  const store = await openStore(out);
  const held = await store.heldOut(24);
  store.close();
  expect(held.map(({ en }) => keys.get(en))).toEqual([...keys.values()].sort((a, b) => a - b).slice(0, 24));
  expect(new Set(held.map(({ domain }) => domain))).toEqual(new Set(['odd', 'even']));
});

test('a download as it comes, split zips in a tar, is read like the files in it', async () => {
  const from = join(folder, 'download');
  const written = write71382(from, 900, { seed: 5, short: true });
  const parts = splitFile(written[0]!.path, 4000);
  expect(parts.length).toBeGreaterThan(3);
  const tar = join(folder, 'download.tar');
  const names = (await readdir(from, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  // In the order of text, part10 comes before part2.
  writeTar(
    tar,
    names.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1), readFileSync(path)] as const;
    }),
  );
  const { report } = await build({ inputs: [tar], out: join(folder, 'from-tar') });
  expect(report.sources).toHaveLength(written.length);
  expect(report.pairs).toBe(written.reduce((sum, { options }) => sum + options.rows, 0));
  const store = await openStore(join(folder, 'from-tar'));
  const files = (await store.find({ limit: 1000 })).map(({ file }) => file);
  expect(files.some((file) => file.includes('/방송_koen_'))).toBe(true);
  store.close();
  const broken = names.filter(({ name }) => !name.endsWith('.part8000'));
  writeTar(
    tar,
    broken.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1), readFileSync(path)] as const;
    }),
  );
  await expect(build({ inputs: [tar], out: join(folder, 'from-tar') })).rejects.toThrow(
    /number 8000 is missing/,
  );
  expect(await pairsOf(join(folder, 'from-tar'))).toHaveLength(report.pairs);
});

test('the same records as CSV and as JSON are read once', async () => {
  const from = join(folder, 'twins');
  const written = write124(from, 'tech', 300, { seed: 6, short: true, formats: ['csv', 'json'] });
  const { report } = await build({ inputs: [from], out: join(folder, 'twins-store') });
  expect(report.sources.map(({ format }) => format)).toEqual(['json', 'json']);
  expect(report.skipped.map(({ why, path }) => `${why} ${basename(path)}`)).toEqual(
    written.filter(({ path }) => path.endsWith('.csv')).map(({ path }) => `twin ${basename(path)}`),
  );
  expect(report.pairs).toBe(300);
});

test('sources are left out where their labels are there', async () => {
  const from = join(folder, 'sides');
  for (const side of ['라벨링데이터', '원천데이터'])
    mkdirSync(join(from, '1.Training', side), { recursive: true });
  const [file] = write124(from, 'social', 90, { seed: 8, short: true, formats: ['json'] });
  renameSync(file!.path, join(from, '1.Training', '라벨링데이터', 'TL_1.json'));
  rmSync(join(from, 'Validation'), { recursive: true });
  writeFileSync(
    join(from, '1.Training', '원천데이터', 'TS_1.csv'),
    'ko,en\n한국어 문장,an English sentence\n',
  );
  const { report } = await build({ inputs: [from], out: join(folder, 'sides-store') });
  expect(report.skipped.map(({ why }) => why)).toEqual(['source-side']);
  expect(report.pairs).toBe(file!.options.rows);
});

const same = [
  ['사과를 먹는 고양이', 'a cat that eats an apple'],
  ['빨간 자동차', 'a red car'],
  ['비가 "많이" 온다', 'it rains "a lot", today'],
] as const;

test.each([
  ['x.jsonl', same.map(([ko, en]) => JSON.stringify({ ko, en })).join('\n')],
  ['x.json', JSON.stringify({ data: same.map(([ko, en]) => ({ 한국어: ko, 영어: en })) })],
  ['list.json', JSON.stringify(same.map(([ko, en]) => ({ translation: { ko, en } })))],
  ['x.tsv', `en\tko\n${same.map(([ko, en]) => `${en}\t${ko}`).join('\n')}\n`],
  ['headless.tsv', same.map(([ko, en]) => `${en}\t${ko}`).join('\r\n')],
  [
    'x.csv',
    `\ufeffid,korean,english\r\n${same.map(([ko, en], i) => `${i},"${ko.replaceAll('"', '""')}","${en.replaceAll('"', '""')}"`).join('\r\n')}`,
  ],
  [
    'x.tmx',
    `<?xml version="1.0"?><tmx version="1.4"><header/><body>${same.map(([ko, en]) => `<tu><tuv xml:lang="EN-US"><seg>${en}</seg></tuv><tuv xml:lang="ko"><seg>${ko.replace('고양이', '<ph>고양이</ph>')}</seg></tuv></tu>`).join('')}</body></tmx>`,
  ],
])('%s of any corpus is read by its content', async (name, content) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  await build({ inputs: [path], out: join(folder, 'general') });
  const pairs = await pairsOf(join(folder, 'general'));
  expect(pairs.map(({ ko, en }) => [ko, en]).sort()).toEqual(same.map((pair) => [...pair]).sort());
});

test('a text in CP949 and a Moses pair are read', async () => {
  // 사과 apple, in CP949
  const cp949 = Buffer.concat([
    Buffer.from('ko\ten\n'),
    Buffer.from([0xbb, 0xe7, 0xb0, 0xfa]),
    Buffer.from('\tapple\n'),
  ]);
  writeFileSync(join(folder, 'cp949.tsv'), cp949);
  writeFileSync(join(folder, 'talks.ko'), same.map(([ko]) => ko).join('\n'));
  writeFileSync(join(folder, 'talks.en'), same.map(([, en]) => en).join('\n'));
  const inputs = ['cp949.tsv', 'talks.ko', 'talks.en'].map((name) => join(folder, name));
  const { report } = await build({ inputs, out: join(folder, 'general') });
  expect((await pairsOf(join(folder, 'general'))).map(({ ko }) => ko).sort()).toEqual(
    ['사과', ...same.map(([ko]) => ko)].sort(),
  );
  expect(report.sources.map(({ corpus }) => corpus).sort()).toEqual(['cp949', 'talks']);
  writeFileSync(join(folder, 'talks.en'), 'one line only\n');
  await expect(build({ inputs, out: join(folder, 'general') })).rejects.toThrow(
    /talks\.ko has 3 lines, .*talks\.en 1/,
  );
});

test('a store is a corpus too, and the machine translation is never the reference', async () => {
  const { report } = await build({
    inputs: [join(folder, 'twins-store', 'pairs.parquet')],
    out: join(folder, 'again'),
  });
  expect(report.pairs).toBe(300);
  expect((await pairsOf(join(folder, 'again'))).some(({ en }) => en.includes('(machine)'))).toBe(false);
});

test('a build that was stopped goes on where it was, and ends with the same bytes', async () => {
  const from = join(folder, 'aihub');
  const stop = new AbortController();
  const building = buildCorpus({
    inputs: [from],
    out: join(folder, 'stopped'),
    tokenizers,
    threads: 1,
    signal: stop.signal,
  });
  let batches = 0;
  const run = async () => {
    for await (const event of building) if (event.kind === 'read' && ++batches === 12) stop.abort();
  };
  await expect(run()).rejects.toThrow(/aborted/);
  const { events } = await build({ inputs: [from], out: join(folder, 'stopped') });
  const [found] = events;
  expect(found?.kind === 'found' && found.kept.tables).toBeGreaterThan(0);
  const hash = async (name: string) =>
    createHash('sha256')
      .update(await readFile(join(folder, name, 'pairs.parquet')))
      .digest('hex');
  expect(await hash('stopped')).toBe(await hash('store'));
  expect(await readdir(folder)).not.toContain('.stopped.parts');
});
