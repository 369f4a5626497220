/**
 * LoHa (Hyeon-Woo et al., arXiv 2108.06098, in LyCORIS): ΔW = alpha / rank * (w1_a w1_b) ∘ (w2_a w2_b), element by element.
 *
 * That is a product of low rank again: column (k, l) of its `up` is column k of w1_a times column l of w2_a, and the
 * rows of its `down` are made of w1_b and w2_b in the same way. So it runs as LoRA of rank * rank.
 */
import { type Factor, type Form, matrixSize, product, scaled } from './form.ts';
import { isHigh, lowRankChange, wholeChange } from './lowRank.ts';

export const hadamard: Form = {
  name: 'LoHa',
  roles: ['hada_w1_a', 'hada_w1_b', 'hada_w2_a', 'hada_w2_b'],
  change(factors, shape, strength, misfit) {
    const { hada_w1_a: a1, hada_w1_b: b1, hada_w2_a: a2, hada_w2_b: b2, alpha } = factors;
    if (!a1 || !b1 || !a2 || !b2) return undefined;
    const [out = 0, ...rest] = shape;
    const inputs = rest.reduce((count, side) => count * side, 1);
    for (const [a, b, side] of [[a1, b1, 1] as const, [a2, b2, 2] as const]) {
      const rank = b.shape[0] ?? 0;
      if (matrixSize(a).join() !== `${out},${rank}`) throw misfit(`hada_w${side}_a`, [out, rank]);
      if (rank === 0 || matrixSize(b).join() !== `${rank},${inputs}`)
        throw misfit(`hada_w${side}_b`, ['rank', inputs]);
    }
    const rank = b1.shape[0] as number;
    const scale = (strength * (alpha?.data[0] ?? rank)) / rank;
    if (isHigh(rank * (b2.shape[0] as number), out, inputs)) {
      const [one, two] = [product(scaled(a1, scale), b1), product(a2, b2)];
      const data = one.data.map((value, i) => value * (two.data[i] as number));
      return wholeChange({ data, shape: one.shape });
    }
    return lowRankChange(pairs(b1, b2, true), scaled(pairs(a1, a2, false), scale));
  },
};

/** All products of a row of `a` and one of `b`, or of a column of each: [ranks, size] or [size, ranks]. */
function pairs(a: Factor, b: Factor, byRow: boolean): Factor {
  const [ofA, ofB] = [matrixSize(a), matrixSize(b)];
  const [first, second] = byRow ? [ofA[0], ofB[0]] : [ofA[1], ofB[1]];
  const size = byRow ? ofA[1] : ofA[0];
  const at = (ranks: number, rank: number, i: number) => (byRow ? rank * size + i : i * ranks + rank);
  const data = new Float32Array(first * second * size);
  for (let k = 0; k < first; k++) {
    for (let l = 0; l < second; l++) {
      for (let i = 0; i < size; i++) {
        data[at(first * second, k * second + l, i)] =
          (a.data[at(first, k, i)] as number) * (b.data[at(second, l, i)] as number);
      }
    }
  }
  return { data, shape: byRow ? [first * second, size] : [size, first * second] };
}
