import { expect, test } from 'vitest';
import { commonFolder } from './paths.ts';

test.each([
  [['/a/b/c.csv', '/a/b/d/e.csv'], '/a/b/'],
  [['/a/bc/x', '/a/bd/x'], '/a/'],
  [['x.csv', 'y/z.csv'], ''],
  [['/x', '/y/z'], '/'],
  [['one/file.csv'], 'one/'],
  [[], ''],
])('the folder of %j is %j', (paths, folder) => {
  expect(commonFolder(paths)).toBe(folder);
});
