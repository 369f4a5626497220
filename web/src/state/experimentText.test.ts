import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { readField, writeField } from './experimentText.ts';

const folder = new URL('../../../experiments/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

interface Experiment {
  readonly name: string;
  readonly training: { readonly epochs: number; readonly batchSize: number; readonly learningRate: number };
}

it.each(files)('reads and changes the fields of %s as YAML means them, and nothing else', (file) => {
  const text = readFileSync(new URL(file, folder), 'utf8');
  const before = parse(text) as Experiment;
  expect(readField(text, 'name')).toBe(before.name);
  expect(Number(readField(text, 'learningRate'))).toBe(before.training.learningRate);

  let changed = writeField(text, 'name', 'mine');
  changed = writeField(changed, 'epochs', '3');
  changed = writeField(changed, 'batchSize', '16');
  changed = writeField(changed, 'learningRate', '5.0e-4');
  expect(parse(changed)).toEqual({
    ...before,
    name: 'mine',
    training: { ...before.training, epochs: 3, batchSize: 16, learningRate: 5e-4 },
  });
  expect(changed.match(/#/g)).toEqual(text.match(/#/g));
});

it('leaves a text alone that lacks the field', () => {
  expect(readField('name: a\nother:\n  epochs: 3', 'epochs')).toBeUndefined();
  expect(writeField('name: a', 'epochs', '3')).toBe('name: a');
});

it('takes an empty field back', () => {
  const empty = writeField('name: a # why', 'name', '');
  expect(readField(empty, 'name')).toBe('');
  expect(writeField(empty, 'name', 'b')).toBe('name: b # why');
});
