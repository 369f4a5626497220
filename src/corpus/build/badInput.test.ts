import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openStore } from '../store.ts';
import { write126 } from '../synthetic/aihub.ts';
import { sentence } from '../synthetic/sentences.ts';
import { zipWriter } from '../synthetic/zipWriter.ts';
import { type BuildOptions, buildCorpus } from './build.ts';

const tokenizers = { teacher: 'models/clip-tokenizer' };
const out = () => join(folder, 'store');
const at = (name: string) => join(folder, name);
let folder: string;
let before: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ksd-bad-'));
  writeFileSync(at('good.tsv'), 'ko\ten\n빨간 사과\ta red apple\n');
  await build(['good.tsv']);
  before = storeHash();
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Whatever the input, a good store stays as it was.
beforeEach(() => expect(storeHash()).toBe(before));

function storeHash(): string {
  const hash = createHash('sha256');
  for (const name of ['pairs.parquet', 'rejected.parquet', 'report.json', 'report.html']) {
    hash.update(readFileSync(join(out(), name)));
  }
  return hash.digest('hex');
}

async function build(names: readonly string[], to = out(), more: Partial<BuildOptions> = {}) {
  const building = buildCorpus({ inputs: names.map(at), out: to, tokenizers, threads: 1, ...more });
  let next = await building.next();
  while (!next.done) next = await building.next();
  return next.value;
}

async function expectRefused(names: readonly string[], message: RegExp): Promise<void> {
  await expect(build(names)).rejects.toThrow(message);
  expect(storeHash()).toBe(before);
}

test('an .xlsx that is no zip is named', async () => {
  writeFileSync(at('sheet.xlsx'), 'this is no spreadsheet');
  await expectRefused(['sheet.xlsx'], /sheet\.xlsx is no Excel file/);
});

test('a spreadsheet whose sheet is cut off is named with its last row', async () => {
  const [file] = write126(at('cut'), 800, { seed: 1, short: true });
  const bytes = readFileSync(file!.path);
  // Zeroes in the middle of the packed sheet.
  bytes.fill(0, 3000, 3200);
  writeFileSync(file!.path, bytes);
  await expectRefused(['cut'], /1_구어체\(1\)_200226\.xlsx.*(row \d+|damaged)/);
});

test('a broken quote costs its own row and no other, however late it comes', async () => {
  const rows = 30_000;
  const bad = 20_001;
  const lines = ['ko,en'];
  for (let i = 2; i <= rows; i++) {
    const { ko, en } = sentence(4, i);
    lines.push(i === bad ? `"${ko},"${en}` : `"${ko}","${en}"`);
  }
  writeFileSync(at('quote.csv'), lines.join('\n'));
  const report = await build(['quote.csv'], at('quote'), { rules: { fit: 'none' } });
  expect(report.sources[0]).toMatchObject({ rows: rows - 1, kept: rows - 2, dropped: { broken: 1 } });
  const store = await openStore(at('quote'));
  const [rejected] = await store.findRejected({ limit: 2 });
  expect(rejected).toMatchObject({ reason: 'broken', row: bad });
  const last = sentence(4, rows);
  expect((await store.find({ text: last.en, limit: 1 }))[0]).toMatchObject({ row: rows, ko: last.ko });
  store.close();
});

test('a JSON that is cut in the middle is named with the record', async () => {
  const records = Array.from({ length: 500 }, (_, i) => sentence(5, i, true));
  const text = JSON.stringify({ data: records });
  writeFileSync(at('cut.json'), text.slice(0, text.length / 2));
  await expectRefused(['cut.json'], /cut\.json ends in the middle, in or after record 2\d\d/);
});

test('a zip bomb is refused before it fills anything', async () => {
  const zip = zipWriter(at('bomb.zip'));
  zip.add('pairs.jsonl', Buffer.concat([Buffer.from('{"ko":"가","en":"a"}\n'), Buffer.alloc(2 ** 27, ' ')]), {
    level: 9,
  });
  zip.close();
  await expectRefused(
    ['bomb.zip'],
    /bomb\.zip\/pairs\.jsonl(, line 2, is over|.* unpacks to over 200 times its size)/,
  );
});

test('an archive whose files share their bytes is refused', async () => {
  const zip = zipWriter(at('overlap.zip'));
  for (const name of ['a.jsonl', 'b.jsonl'])
    zip.add(name, `{"ko":"가","en":"${name}"}\n`.repeat(100), { level: 0 });
  zip.close();
  const bytes = readFileSync(at('overlap.zip'));
  // The second entry of the directory is sent to the first one's header.
  bytes.writeUInt32LE(10, bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 42);
  writeFileSync(at('overlap.zip'), bytes);
  await expectRefused(['overlap.zip'], /overlaps|broken/);
});

test('a zip that lacks its end says that a part may be missing', async () => {
  const zip = zipWriter(at('short.zip'));
  zip.add('a.jsonl', '{"ko":"가","en":"a"}\n');
  zip.close();
  writeFileSync(at('short.zip'), readFileSync(at('short.zip')).subarray(0, -30));
  await expectRefused(['short.zip'], /short\.zip.*check that none is missing/);
});

test('a part that is missing is named by its number', async () => {
  for (const number of [1, 2, 4, 5]) writeFileSync(at(`x.zip.part${number}`), 'PK');
  await expectRefused(
    [1, 2, 4, 5].map((number) => `x.zip.part${number}`),
    /x\.zip with number 3 is missing/,
  );
});

test('inputs without any corpus, and ones that are not there, are said to be so', async () => {
  writeFileSync(at('readme.md'), '# nothing');
  await expectRefused(['readme.md'], /No corpus was found/);
  await expectRefused(['nowhere'], /nowhere cannot be read/);
  await expect(build(['good.tsv'], out(), { rules: { fit: 'student' } })).rejects.toThrow(
    /tokenizer of the student/,
  );
});

test('a disk that takes no more leaves the good store as it was, and says so', () => {
  const lines = Array.from({ length: 20_000 }, (_, i) => JSON.stringify(sentence(6, i)));
  writeFileSync(at('large.jsonl'), lines.join('\n'));
  // A limit on the size of files is the full disk that any user can make: 200 blocks of 1,024 bytes.
  const command = `ulimit -f 200; exec "$0" dist/cli/main.js corpus build "$1" --out "$2"`;
  const { status, stderr } = spawnSync('bash', ['-c', command, process.execPath, at('large.jsonl'), out()], {
    encoding: 'utf8',
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(/\[CORPUS\][\s\S]*cannot be written[\s\S]*Free some room/);
  expect(storeHash()).toBe(before);
});

test('the command builds with workers, shows pairs, and exports them', () => {
  const ksd = (...args: string[]) =>
    execFileSync(process.execPath, [resolve('dist/cli/main.js'), ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  write126(at('ten'), 400, { seed: 2, short: true });
  expect(ksd('corpus', 'build', at('ten'), '--out', at('built'), '--threads', '2')).toMatch(/400/);
  const [pair] = ksd('corpus', 'show', at('built'), '--random', '1', '--limit', '1', '--json').split('\n');
  expect(JSON.parse(pair!)).toMatchObject({ corpus: 'aihub-126' });
  ksd('corpus', 'export', at('built'), '--out', at('exported'), '--sample', '300', '--validation', '0.25');
  const count = (side: string) =>
    readFileSync(at(`exported/${side}.jsonl`), 'utf8')
      .trim()
      .split('\n').length;
  expect(count('train') + count('validation')).toBe(300);
  expect(count('validation')).toBeGreaterThan(40);
});
