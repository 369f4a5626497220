import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatRoute, pages, parseRoute } from './route.ts';

it('finds in an address what it was made of', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1 });
  const params = fc.dictionary(fc.stringMatching(/^[a-z]+$/), text, { noNullPrototype: true });
  fc.assert(
    fc.property(
      fc.constantFrom(...pages),
      fc.option(text, { nil: undefined }),
      params,
      (page, name, given) => {
        const route = parseRoute(formatRoute(page, name, given));
        expect(route.page).toBe(page);
        expect(route.name).toBe(name);
        expect(route.params).toEqual(given);
      },
    ),
  );
});

it('shows drawing where an address names nothing that it knows', () => {
  for (const hash of ['', '#', '#/', '#/nothing/here', '#main', '#/%E0%A4%A']) {
    expect(parseRoute(hash).page).toBe('draw');
  }
});

it('leaves parameters without a value out', () => {
  expect(formatRoute('compare', undefined, { job: 'a', diagnosis: undefined, query: '' })).toBe(
    '#/compare?job=a',
  );
});
