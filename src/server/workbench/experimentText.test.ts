import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { FieldError } from '../errors.ts';
import { readExperimentText } from './experimentText.ts';

let root = '';

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ksd-roots-'));
  for (const name of ['experiments', 'models', 'corpora', 'elsewhere']) await mkdir(join(root, name));
  await symlink(join(root, 'elsewhere'), join(root, 'models', 'link'));
});

afterAll(() => rm(root, { recursive: true, force: true }));

const fitting = {
  name: 'mine',
  teacher: '../models/sd',
  student: { kind: 'roberta', start: 'random', tokenizer: '../models/tokenizer' },
  corpus: { pairs: '../corpora/pairs.jsonl' },
};

function read(experiment: unknown) {
  const roots = ['experiments', 'models', 'corpora'].map((name) => join(root, name));
  const text = typeof experiment === 'string' ? experiment : stringify(experiment);
  return readExperimentText(text, { folder: join(root, 'experiments'), roots });
}

/** The field of the error. */
async function fieldOf(experiment: unknown): Promise<string> {
  const error = await read(experiment).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(FieldError);
  return (error as FieldError).field;
}

test('relative paths of an experiment that is sent are relative to the folder of experiments', async () => {
  const { teacher, corpus } = await read(fitting);
  expect(teacher).toBe(join(root, 'models', 'sd'));
  expect(corpus.pairs).toBe(join(root, 'corpora', 'pairs.jsonl'));
});

test('what is wrong is told by field', async () => {
  expect(await fieldOf({ ...fitting, training: { epochs: 0 } })).toBe('training.epochs');
  expect(await fieldOf({ ...fitting, training: { learnigRate: 1 } })).toBe('training.learnigRate');
  expect(await fieldOf({ ...fitting, teacher: undefined })).toBe('teacher');
  expect(await fieldOf('name: [')).toBe('text');
  expect(await fieldOf('')).toBe('text');
});

test.each(['..', '.hidden', '../runs', 'a/b', ''])(
  'the name %j, which is none of a folder, is refused',
  async (name) => {
    expect(await fieldOf({ ...fitting, name })).toBe('name');
  },
);

test.each([
  ['teacher', { ...fitting, teacher: '../elsewhere/sd' }],
  ['teacher', { ...fitting, teacher: '/etc' }],
  ['teacher', { ...fitting, teacher: '../models/link/sd' }],
  ['teacher', { ...fitting, teacher: '../modelsandmore' }],
  ['corpus.pairs', { ...fitting, corpus: { pairs: '../../../../../../etc/passwd' } }],
  ['student.start', { ...fitting, student: { kind: 'roberta', start: '../elsewhere' } }],
  ['student.tokenizer', { ...fitting, student: { ...fitting.student, tokenizer: '..' } }],
])('a %s outside of the folders of the server is refused', async (field, experiment) => {
  expect(await fieldOf(experiment)).toBe(field);
});
