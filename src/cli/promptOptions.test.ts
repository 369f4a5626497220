import { expect, test } from 'vitest';
import { fileAndName } from './promptOptions.ts';

test.each<[string, string[]]>([
  ['a.pt', ['a.pt']],
  ['folder/a.pt:장난감', ['folder/a.pt', '장난감']],
  ['a.pt:<cat-toy>', ['a.pt', '<cat-toy>']],
  ['C:\\folder\\a.pt', ['C:\\folder\\a.pt']],
  ['C:\\folder\\a.pt:toy', ['C:\\folder\\a.pt', 'toy']],
  ['C:a.pt', ['C:a.pt']],
])('%s', (given, expected) => {
  expect(fileAndName(given)).toEqual(expected);
});
