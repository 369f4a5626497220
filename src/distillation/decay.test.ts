import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type DecayRule, decays } from './decay.ts';

interface Run {
  readonly name: string;
  readonly rule: DecayRule;
  readonly weight_decay: number;
  /** Stated once for each student, rule and weight decay; null elsewhere. */
  readonly weight_decay_by_parameter: Readonly<Record<string, number>> | null;
}

const golden = new URL('../../fixtures/golden/training/cases.json', import.meta.url);
const { students } = JSON.parse(readFileSync(golden, 'utf8')) as {
  students: Record<string, { runs: Run[] }>;
};
const runs = Object.entries(students).flatMap(([student, { runs }]) =>
  runs.flatMap(({ name, rule, weight_decay, weight_decay_by_parameter: expected }) =>
    expected === null ? [] : [{ student, name, rule, weight_decay, expected }],
  ),
);

test.each(runs)(
  'the parameters of $student, run $name, decay as in the original',
  ({ expected, rule, weight_decay }) => {
    const found = Object.keys(expected).map((name) => [name, decays(name, rule) ? weight_decay : 0]);
    expect(Object.fromEntries(found)).toEqual(expected);
  },
);

test("the original rule lets CLIP's norm weights decay, but not RoBERTa's", () => {
  expect(decays('text_model.encoder.layers.0.layer_norm1.weight', 'original')).toBe(true);
  expect(decays('encoder.layer.0.output.LayerNorm.weight', 'original')).toBe(false);
  expect(decays('text_model.encoder.layers.0.layer_norm1.weight', 'no_layernorm')).toBe(false);
});
