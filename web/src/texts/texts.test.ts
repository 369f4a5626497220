import { describe, expect, it } from 'vitest';
import { ApiError, unreachable } from '../api/problem.ts';
import { language } from '../state/settings.ts';
import { en } from './en.ts';
import { sentences } from './failures.ts';
import { ko } from './ko.ts';
import { bytes, duration, significant } from './texts.ts';

function leaves(value: unknown, path = ''): [string, string | ((...given: never[]) => string)][] {
  if (typeof value === 'string' || typeof value === 'function') return [[path, value as string]];
  return Object.entries(value as object).flatMap(([key, inner]) =>
    leaves(inner, path ? `${path}.${key}` : key),
  );
}

const words = (value: unknown) => (typeof value === 'function' ? String(value) : (value as string));

describe('the dictionaries', () => {
  it('have the same texts, none of them empty', () => {
    expect(leaves(en).map(([path]) => path)).toEqual(leaves(ko).map(([path]) => path));
    for (const [path, text] of [...leaves(ko), ...leaves(en)]) expect(words(text), path).not.toBe('');
  });

  it('speak one language each', () => {
    // The switch names the other language, and the example is Korean in both: that is what this is about.
    const both = ['app.language', 'app.name', 'draw.placeholder', 'draw.shortcut', 'common.of'];
    for (const [path, text] of leaves(en))
      if (!both.includes(path)) expect(words(text), path).not.toMatch(/[가-힣]/);
    for (const [path, text] of leaves(ko))
      if (!both.includes(path)) expect(words(text), path).toMatch(/[가-힣]/);
  });
});

it('tells times in the two largest units, and sizes in thousands', () => {
  language.value = 'ko';
  expect([0, 59.6, 61, 3600, 90_061].map(duration)).toEqual(['0초', '1분', '1분 1초', '1시간', '1일 1시간']);
  language.value = 'en';
  expect(duration(61)).toBe('1 min 1 s');
  expect([12, 1500, 2.5e9].map(bytes)).toEqual(['12 B', '2 kB', '2.5 GB']);
  expect([0.08773, 12_345, 4.2e-5, null].map(significant)).toEqual(['0.0877', '12,300', '4.2e-5', '–']);
  language.value = 'ko';
});

it('has two sentences for every failure: of the server, of a job, of the network, of the page', () => {
  const problem = { status: 422, code: 'INPUT', title: 'Too many steps.', detail: 'Take 50 or fewer.' };
  expect(sentences(new ApiError({ ...problem, field: 'steps' }))).toEqual({
    problem: "'스텝' 값을 쓸 수 없습니다.",
    remedy: 'Too many steps. Take 50 or fewer.',
  });
  expect(sentences(new ApiError({ ...problem, code: 'QUEUE_FULL' }, 7)).remedy).toContain('7초');
  expect(sentences({ code: 'INTERRUPTED', problem: 'a', remedy: 'b' })).toEqual(ko.errors.codes.INTERRUPTED);
  expect(sentences({ code: 'SOMETHING_NEW', problem: 'a', remedy: 'b' })).toEqual({
    problem: 'a',
    remedy: 'b',
  });
  expect(sentences(unreachable()).remedy).toContain('ksd serve');
  expect(sentences(new TypeError('x')).remedy).not.toBe('');
});
