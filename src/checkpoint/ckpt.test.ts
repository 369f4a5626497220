import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readFloat32, readTensor, type TensorEntry, tensorNamed } from './tensorEntry.ts';
import { torchGlobals } from './torchGlobals.ts';
import { openWeights } from './weights.ts';

const folder = 'fixtures/reference/ckpt';

interface Expected {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}
const expected = JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8')) as Record<
  string,
  Record<string, Expected>
>;

/** The elements as numbers, which hold all values here exactly. */
async function numbersOf(entry: TensorEntry): Promise<number[]> {
  const narrow = ['F32', 'F16', 'BF16'].includes(entry.dtype);
  return Array.from(
    (await (narrow ? readFloat32(entry) : readTensor(entry))) as Iterable<number | bigint>,
    Number,
  );
}

describe('checkpoints of training code', () => {
  it.each(Object.keys(expected))('%s opens as the tensors of its state dict alone', async (file) => {
    const weights = await openWeights(join(folder, file));
    const wanted = expected[file]!;
    expect([...weights.tensors.keys()].sort()).toEqual(Object.keys(wanted).sort());
    for (const [name, { dtype, shape, values }] of Object.entries(wanted)) {
      const entry = tensorNamed(weights, name);
      expect([entry.dtype, entry.shape]).toEqual([dtype, shape]);
      expect(await numbersOf(entry)).toEqual(values);
    }
  });

  it('tensors of one storage are read from one place', async () => {
    const { tensors } = await openWeights(join(folder, 'lightning.ckpt'));
    const place = (name: string) => tensors.get(`cond_stage_model.${name}`)?.offset as number;
    expect(place('tied.weight')).toBe(place('token_embedding.weight'));
    expect(place('row')).toBe(place('token_embedding.weight') + 8);
  });

  it.each(['malicious.ckpt', 'malicious_legacy.ckpt'])(
    '%s is refused, and its command is not run',
    async (file) => {
      await expect(openWeights(join(folder, file))).rejects.toThrow(
        `${join(folder, file)} asks for the Python global posix.system`,
      );
      expect(existsSync('ksd-was-run')).toBe(false);
    },
  );

  it('may name only what is listed, and nothing on the list can run code', () => {
    expect(
      [...torchGlobals.keys()].filter((name) => /eval|exec|system|popen|getattr|import/i.test(name)),
    ).toEqual([]);
  });
});
