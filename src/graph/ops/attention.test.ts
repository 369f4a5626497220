import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createGraph, input } from '../graph.ts';
import { rewrite } from '../rewrite.ts';
import type { Shape } from '../shape.ts';
import { openSession, randomFloats, type TestTensor } from '../testing.ts';
import { attention, attentionByProducts, attentionsByProducts } from './attention.ts';

interface Sizes {
  readonly batch: number;
  readonly queries: number;
  readonly keys: number;
  readonly heads: number;
  readonly size: number;
  readonly biased: boolean;
}

/** The largest difference of the two ways; the rewritten graph's too where `byRule`. */
async function difference(sizes: Sizes, symbolic: boolean, most?: number) {
  const { batch, queries, keys, heads, size, biased } = sizes;
  const graph = createGraph();
  const named = (name: string, number: number) => (symbolic ? name : number);
  const operand = (name: string, shape: Shape) => input(graph, name, 'float32', shape);
  const q = operand('q', ['batch', named('queries', queries), heads * size]);
  const [k, v] = (['k', 'v'] as const).map((name) =>
    operand(name, ['batch', named('keys', keys), heads * size]),
  );
  const bias = operand('bias', [1, heads, named('queries', queries), named('keys', keys)]);
  const options = biased ? { heads, bias } : { heads };
  const own = attention(q, k!, v!, options);
  const byRule = rewrite(graph, { rule: own }, [attentionsByProducts]);
  const feeds: Record<string, TestTensor> = {
    q: randomFloats(1, [batch, queries, heads * size], -3, 3),
    k: randomFloats(2, [batch, keys, heads * size]),
    v: randomFloats(3, [batch, keys, heads * size]),
    bias: randomFloats(4, [1, heads, queries, keys]),
  };
  const both = await (await openSession({ own, products: attentionByProducts(q, k!, v!, options, most) }))(
    feeds,
  );
  const { rule } = await (await openSession(byRule.outputs))(feeds);
  const [a, b, c] = [both['own'], both['products'], rule].map((tensor) => tensor!.data as Float32Array);
  return a!.reduce((most, x, i) => Math.max(most, Math.abs(x - b![i]!), Math.abs(x - c![i]!)), 0);
}

test('attention by products is attention', async () => {
  const size = fc.integer({ min: 1, max: 9 });
  const sizes = fc.record({
    batch: size,
    queries: size,
    keys: size,
    heads: size,
    size,
    biased: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(sizes, fc.boolean(), async (chosen, symbolic) => {
      expect(await difference(chosen, symbolic)).toBeLessThan(1e-5);
    }),
    { numRuns: 25 },
  );
});

test('queries whose scores are too many are cut, and their biases with them', async () => {
  const sizes = { batch: 2, queries: 11, keys: 7, heads: 3, size: 4 };
  for (const biased of [true, false]) {
    // One, four and all queries at once.
    for (const most of [1, 4 * 3 * 7, 11 * 3 * 7]) {
      expect(await difference({ ...sizes, biased }, false, most)).toBeLessThan(1e-5);
    }
  }
});
