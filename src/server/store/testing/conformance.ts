/**
 * What every store must do: the same cases for each. A member's test calls `storeConformance` with how to open an empty one.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Store } from '../store.ts';

const bytes = (...values: number[]) => new Uint8Array(values);

export function storeConformance(name: string, open: () => Promise<Store>): void {
  describe(name, () => {
    test('a file is read as it was written, text as UTF-8', async () => {
      const store = await open();
      await store.write('pictures', 'a.png', bytes(0, 255, 10, 13, 0));
      await store.write('pictures', 'a.json', '{"prompt":"빨간 사과 + & ?"}');
      expect([...((await store.read('pictures', 'a.png')) ?? [])]).toEqual([0, 255, 10, 13, 0]);
      expect(Buffer.from((await store.read('pictures', 'a.json')) ?? '').toString()).toContain(
        '빨간 사과 + & ?',
      );
    });

    test('what is not there reads as nothing, lists as nothing, and may be removed', async () => {
      const store = await open();
      expect(await store.read('pictures', 'a.png')).toBeUndefined();
      expect(await store.list('pictures')).toEqual([]);
      await store.remove('pictures', 'a.png');
      await store.removeAll('artifacts/x');
    });

    test('a file takes the place of one that is there', async () => {
      const store = await open();
      await store.write('pictures', 'a.json', 'long enough to leave something behind');
      await store.write('pictures', 'a.json', 'short');
      expect(Buffer.from((await store.read('pictures', 'a.json')) ?? '').toString()).toBe('short');
      expect(await store.list('pictures')).toEqual(['a.json']);
    });

    test('folders do not see each other, not even where their names begin alike or one lies in the other', async () => {
      const store = await open();
      await store.write('artifacts/a', 'report.html', '1');
      await store.write('artifacts/ab', 'report.html', '2');
      await store.write('artifacts', 'note', '3');
      expect(await store.list('artifacts')).toEqual(['note']);
      expect(await store.list('artifacts/a')).toEqual(['report.html']);
      await store.removeAll('artifacts/a');
      expect(await store.list('artifacts/a')).toEqual([]);
      expect(await store.read('artifacts/a', 'report.html')).toBeUndefined();
      expect(await store.list('artifacts/ab')).toEqual(['report.html']);
    });

    test('more files than one page of an answer holds are all listed', async () => {
      const store = await open();
      const names = Array.from({ length: 1001 }, (_, i) => `${i}.json`);
      for (let i = 0; i < names.length; i += 50) {
        await Promise.all(names.slice(i, i + 50).map((one) => store.write('pictures', one, '{}')));
      }
      expect((await store.list('pictures')).sort()).toEqual(names.sort());
    });

    test('whatever is written and removed, the store holds what was written last', async () => {
      const store = await open();
      const name = fc.constantFrom('a.png', 'b.json', 'c.json');
      const operation = fc.record({ name, content: fc.option(fc.uint8Array({ maxLength: 50 })) });
      await fc.assert(
        fc.asyncProperty(fc.array(operation, { maxLength: 10 }), async (some) => {
          await store.removeAll('pictures');
          const expected = new Map<string, Uint8Array>();
          for (const { name: file, content } of some) {
            if (content === null) await store.remove('pictures', file);
            else await store.write('pictures', file, content);
            if (content === null) expected.delete(file);
            else expected.set(file, content);
          }
          expect((await store.list('pictures')).sort()).toEqual([...expected.keys()].sort());
          for (const [file, content] of expected) {
            expect([...((await store.read('pictures', file)) ?? [])]).toEqual([...content]);
          }
        }),
        { numRuns: 15 },
      );
    });
  });
}
