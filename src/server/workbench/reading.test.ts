import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packagedClipTokenizer, packageRoot } from '../../checkpoint/packageRoot.ts';
import { buildCorpus } from '../../corpus/build/build.ts';
import { defaultRules } from '../../corpus/rules.ts';
import { parseExperiment } from '../../distillation/experiment.ts';
import { writeFailure } from '../../distillation/runFailure.ts';
import { appendMetric, truncateMetrics, writeRunExperiment } from '../../distillation/runFolder.ts';
import type { Corpus, CorpusPair, Result, Run, RunSummary } from '../contract/workbench.ts';
import { workbench } from './testing.ts';

type Runs = { readonly runs: readonly RunSummary[] };
type Pairs = { readonly pairs: readonly CorpusPair[]; readonly more: boolean };

const text = `name: NAME
teacher: sd
student: { kind: roberta, start: random }
corpus: { pairs: pairs.jsonl }
training: { epochs: 2 }
`;

const nothingDone = { step: 0, epoch: 0, stepInEpoch: 0, lossEn: 0, lossKo: 0 };

/** A run that took so many steps, all of its first epoch. */
async function makeRun(runsFolder: string, name: string, steps: number): Promise<string> {
  const run = join(runsFolder, name);
  await writeRunExperiment(run, parseExperiment(text.replace('NAME', name), join(run, 'experiment.yaml')));
  await writeFile(join(run, 'run.json'), JSON.stringify({ totalSteps: 2 * steps }));
  await truncateMetrics(run, nothingDone);
  const losses = { lossEn: 0.5, lossKo: Number.NaN };
  for (let step = 1; step <= steps; step++) {
    const metric = { step, epoch: 1, ...losses, learningRate: 1e-3, pairsPerSecond: 16 };
    await appendMetric(run, { kind: 'step', ...metric });
  }
  const validation = { lossEn: Number.NaN, lossKo: Number.NaN };
  await appendMetric(run, { kind: 'epoch', step: steps, epoch: 1, train: losses, validation });
  return run;
}

async function makeCheckpoint(run: string, step: number, epoch: number): Promise<void> {
  const folder = join(run, 'checkpoints', String(step));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'state.json'), JSON.stringify({ ...nothingDone, step, epoch }));
  await symlink(join('checkpoints', String(step)), join(run, 'last'));
}

test('runs are read from their folders: stopped, finished, failed and damaged ones, the newest first', async () => {
  const { options, get } = await workbench();
  const { runsFolder } = options;
  await makeRun(runsFolder, 'stopped', 3);
  await makeCheckpoint(await makeRun(runsFolder, 'finished', 3), 6, 2);
  const failure = { code: 'RUNTIME', problem: 'The loss is no number.', remedy: 'Lower it.' };
  await writeFailure(await makeRun(runsFolder, 'failed', 3), failure);
  const killed = await makeRun(runsFolder, 'killed', 3);
  await writeFile(join(killed, 'lock.json'), JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() }));
  const elsewhere = await makeRun(runsFolder, 'elsewhere', 3);
  await writeFile(join(elsewhere, 'lock.json'), JSON.stringify({ pid: 1, host: `not-${hostname()}` }));
  await mkdir(join(runsFolder, 'damaged'));
  await writeFile(join(runsFolder, 'damaged', 'experiment.yaml'), 'name: [');
  await mkdir(join(runsFolder, 'no run'));

  const { runs } = await get<Runs>('/api/runs');
  const byName = new Map(runs.map((run) => [run.name, run]));
  const changes = runs.map(({ changedAt }) => Date.parse(changedAt));
  expect(changes).toEqual([...changes].sort((a, b) => b - a));
  expect([...byName.keys()].sort()).toEqual([
    'damaged',
    'elsewhere',
    'failed',
    'finished',
    'killed',
    'stopped',
  ]);
  const common = { student: 'roberta', epoch: 1, epochs: 2, step: 3, totalSteps: 6 };
  expect(byName.get('stopped')).toMatchObject({ state: 'stopped', ...common });
  expect(byName.get('finished')).toMatchObject({ state: 'finished', ...common });
  expect(byName.get('failed')).toMatchObject({ state: 'failed', failure });
  expect(byName.get('killed')).toMatchObject({ state: 'failed', failure: { code: 'INTERRUPTED' } });
  // Three steps of 32 pairs at 16 pairs a second are left.
  expect(byName.get('elsewhere')).toMatchObject({ state: 'running', etaSeconds: 6 });
  expect(byName.get('damaged')).toMatchObject({ state: 'failed', failure: { code: 'CONFIG' } });
});

test('a run has its curve in 1,000 points at most, null where a loss is no number', async () => {
  const { options, get } = await workbench();
  const run = await makeRun(options.runsFolder, 'long', 1500);
  await writeFile(join(run, 'metrics.jsonl'), '{"kind":"step","st', { flag: 'a' });
  const { steps, epochsDone, samples, text: yaml } = await get<Run>('/api/runs/long');
  expect(steps).toHaveLength(1000);
  expect(steps[0]).toEqual({ step: 1, lossEn: 0.5, lossKo: null, learningRate: 1e-3, pairsPerSecond: 16 });
  expect(steps.at(-1)?.step).toBe(1500);
  expect(epochsDone).toMatchObject([{ epoch: 1, step: 1500, validation: { lossEn: null, lossKo: null } }]);
  expect(samples).toEqual([]);
  expect(yaml).toContain('name: long');
});

test('nothing outside of its folders can be named', async () => {
  const { app, options, get } = await workbench();
  await makeRun(options.runsFolder, 'mine', 1);
  await makeRun(join(options.runsFolder, '..'), 'outside', 1);
  await makeRun(options.runsFolder, '.hidden', 1);
  for (const name of [
    '..%2Foutside',
    '%2e%2e',
    '.hidden',
    'mine%2F..%2F..%2Foutside',
    '..%5Coutside',
    'no',
  ]) {
    for (const url of [`runs/${name}`, `runs/${name}/events`, `corpora/${name}`, `results/${name}`]) {
      await get(`/api/${url}`, 404);
    }
    expect((await app.inject({ method: 'POST', url: `/api/runs/${name}/resume` })).statusCode).toBe(404);
    expect((await app.inject(`/api/results/eval/${name}`)).statusCode).toBe(404);
  }
  for (const epoch of ['..%2Fmetrics', '1%2F..%2F1', '-1', '1e0', 'NaN']) {
    expect((await app.inject(`/api/runs/mine/samples/${epoch}.png`)).statusCode).toBeGreaterThanOrEqual(404);
  }
});

test('experiments to start from are the YAML files of their folder', async () => {
  const { options, get } = await workbench();
  await writeFile(join(options.experimentsFolder, 'one.yaml'), text);
  await writeFile(join(options.experimentsFolder, 'notes.txt'), '');
  expect(await get('/api/experiments')).toEqual({ experiments: [{ name: 'one', text }] });
});

test('a server without training shows runs, and starts none', async () => {
  const { options, get, post } = await workbench({ training: false });
  await makeRun(options.runsFolder, 'mine', 1);
  expect((await get<Runs>('/api/runs')).runs).toHaveLength(1);
  for (const url of ['runs', 'runs/mine/resume', 'runs/mine/stop', 'experiments/check']) {
    expect(await post(`/api/${url}`, { text }, 403)).toMatchObject({ code: 'FORBIDDEN' });
  }
});

test('a corpus tells what was dropped and how long its sentences are, and is searched in pages', async () => {
  const { options, get } = await workbench();
  const rows = [
    { ko: '빨간 사과', en: 'a red apple' },
    { ko: '파란 사과', en: 'a blue apple' },
    { ko: '초록 로켓', en: 'a green rocket' },
    { ko: 'apple', en: 'an apple' },
    { ko: '', en: 'nothing' },
  ];
  const file = join(options.corporaFolder, 'pairs.jsonl');
  await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const building = buildCorpus({
    inputs: [file],
    out: join(options.corporaFolder, 'mine'),
    seed: 0,
    rules: defaultRules,
    tokenizers: { teacher: packagedClipTokenizer() },
  });
  while (!(await building.next()).done);

  await mkdir(join(options.corporaFolder, 'damaged'));
  await copyFile(file, join(options.corporaFolder, 'damaged', 'pairs.parquet'));
  expect((await get<{ corpora: unknown }>('/api/corpora')).corpora).toMatchObject([
    { name: 'mine', pairs: 3 },
  ]);
  const corpus = await get<Corpus>('/api/corpora/mine');
  expect(corpus).toMatchObject({ read: 5, kept: 3, sources: [{ kept: 3, dropped: 2 }] });
  expect(corpus.dropped).toContainEqual({ reason: 'empty', title: { ko: '빈칸', en: 'empty' }, count: 1 });
  expect(corpus.histograms.length).toBeGreaterThan(1);
  for (const { edges, counts, title } of corpus.histograms) {
    expect(edges).toHaveLength(counts.length + 1);
    expect(title.ko).toMatch(/한국어|영어/);
  }

  const apples = await get<Pairs>(`/api/corpora/mine/pairs?query=${encodeURIComponent('사과')}&limit=1`);
  expect(apples).toMatchObject({ pairs: [{ ko: expect.stringContaining('사과') }], more: true });
  const rest = await get<Pairs>('/api/corpora/mine/pairs?query=APPLE&offset=1');
  expect(rest).toMatchObject({ pairs: [{ en: expect.stringContaining('apple') }], more: false });
  expect(rest.pairs[0]?.ko).not.toBe(apples.pairs[0]?.ko);
  expect((await get<Pairs>('/api/corpora/mine/pairs')).pairs).toHaveLength(3);
  await get('/api/corpora/mine/pairs?limit=1000', 422);
});

test('a result has the tables that `ksd eval` shows, and the figures beside it', async () => {
  const { app, options, get } = await workbench();
  const kept = join(packageRoot(), 'docs', 'results');
  for (const file of ['korean.json', 'korean.png']) {
    await copyFile(join(kept, file), join(options.resultsFolder, file));
  }
  await writeFile(join(options.resultsFolder, 'other.json'), '{}');
  await writeFile(join(options.resultsFolder, 'korean.html'), '<p>');
  await writeFile(join(options.resultsFolder, 'secret.png'), '');

  expect((await get<{ results: unknown }>('/api/results')).results).toMatchObject([{ name: 'korean' }]);
  const result = await get<Result>('/api/results/korean');
  expect(result).toMatchObject({ figures: ['korean.png'], report: 'korean.html' });
  const titles = result.tables.map(({ title }) => title.en);
  expect(titles).toEqual(
    expect.arrayContaining(['pictures: korean', 'conditioning: korean', expect.stringMatching(/^states: /)]),
  );
  const pictures = result.tables.find(({ title }) => title.en === 'pictures: korean');
  expect(pictures?.columns.slice(0, 4)).toEqual(['system', 'prompts', 'n', 'right']);
  expect(pictures?.rows[0]?.[3]).toMatch(/^\d+ % /);
  expect(result.names['roberta ko']).toEqual({ ko: 'roberta + 한국어 (후)', en: 'roberta + Korean (after)' });
  for (const { columns, rows } of result.tables.slice(0, 1)) {
    for (const row of rows)
      expect(Object.keys(result.names)).toEqual(expect.arrayContaining(row.slice(0, 2)));
    expect(columns[0]).toBe('system');
  }
  for (const { columns, rows } of result.tables) {
    for (const row of rows) expect(row).toHaveLength(columns.length);
  }
  const figure = await app.inject('/api/results/korean/korean.png');
  expect(figure.headers['content-type']).toBe('image/png');
  const page = await app.inject('/api/results/korean/korean.html');
  expect(page.headers['content-security-policy']).toContain('sandbox');
  for (const file of ['secret.png', 'korean.json', 'other.json'])
    await get(`/api/results/korean/${file}`, 404);
});
