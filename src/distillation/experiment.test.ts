import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { differences, formatExperiment, parseExperiment, readExperiment } from './experiment.ts';

const minimal = {
  name: 'x',
  teacher: 'sd',
  student: { kind: 'clip', start: 'teacher' },
  corpus: { pairs: 'p.jsonl' },
};

test('defaults are those of the original project', () => {
  const { training, corpus } = parseExperiment(JSON.stringify(minimal), '/some/where/x.yaml');
  expect(training).toMatchObject({
    epochs: 5,
    batchSize: 32,
    optimizer: 'hf',
    learningRate: 5e-5,
    warmup: 0.1,
  });
  expect(corpus).toMatchObject({ pairs: '/some/where/p.jsonl', validation: 0.2 });
});

test('a misspelt field, an unknown kind and a wrong type are named', () => {
  const broken = {
    ...minimal,
    student: { kind: 'gpt', start: 'teacher' },
    training: { epoch: 3, batchSize: 'many' },
  };
  expect(() => parseExperiment(JSON.stringify(broken), 'x.yaml')).toThrow(
    /student\.kind.*training\.batchSize.*epoch/s,
  );
});

test('text that is no YAML is a clear error', () => {
  expect(() => parseExperiment('a: [', 'x.yaml')).toThrow(/x\.yaml is no YAML/);
});

test('an experiment survives being written and read', () => {
  const experiment = parseExperiment(JSON.stringify(minimal), '/some/where/x.yaml');
  expect(parseExperiment(formatExperiment(experiment), '/else/where/y.yaml')).toEqual(experiment);
});

test('two experiments differ in named fields', () => {
  const there = parseExperiment(JSON.stringify(minimal), '/a/x.yaml');
  const changed = { ...minimal, training: { epochs: 6, clipNorm: 1 }, samples: [{ ko: '차', en: 'car' }] };
  expect(differences(there, there)).toEqual([]);
  expect(differences(there, parseExperiment(JSON.stringify(changed), '/a/x.yaml'))).toEqual([
    'training.epochs is 5 there, 6 here',
    'samples is [] there, [{"ko":"차","en":"car"}] here',
    'training.clipNorm is missing there, 1 here',
  ]);
});

test('every experiment of the repository is valid and named as its file', async () => {
  for (const file of await readdir('experiments')) {
    expect(`${(await readExperiment(join('experiments', file))).name}.yaml`).toBe(file);
  }
});
