/**
 * Checks PyTorch's CPU random numbers: single calls, and sequences of calls on one generator.
 */
import { join } from 'node:path';
import { type TorchGenerator, torchGenerator } from '../../random/torch.ts';
import { defaultTolerance, type GoldenPart, resultOf, worstError } from '../golden.ts';
import { readCases, readTensors } from '../tensors.ts';

interface RandomCase {
  readonly name: string;
  /** `randn` or `rand`, then possibly a remark. */
  readonly call: string;
  readonly seed: number;
  /** Place in a sequence of calls on one generator; absent where the call has a generator of its own. */
  readonly order?: number;
  readonly shape: readonly number[];
  readonly atol?: number;
  readonly rtol?: number;
}

export const randomPart: GoldenPart = {
  name: 'random',
  async *check(folder) {
    const { cases } = await readCases<{ cases: readonly RandomCase[] }>(folder);
    const expected = await readTensors(join(folder, 'values.safetensors'));
    const generators = new Map<number, TorchGenerator>();
    for (const one of cases) {
      const tolerance = { ...defaultTolerance, ...pick(one) };
      const actual = draw(generatorFor(one, generators), one);
      yield resultOf(one.name, { values: worstError(actual, expected.get(one.name).data, tolerance) });
    }
  },
};

/** Calls of a sequence share the generator that its first call made. */
function generatorFor({ seed, order }: RandomCase, generators: Map<number, TorchGenerator>): TorchGenerator {
  const running = order === undefined || order === 0 ? undefined : generators.get(seed);
  const generator = running ?? torchGenerator(seed);
  if (order !== undefined) generators.set(seed, generator);
  return generator;
}

/** An unknown call gives nothing, which agrees with no golden tensor. */
function draw(generator: TorchGenerator, { call, shape }: RandomCase): Float32Array {
  const [name] = call.split(',');
  if (name === 'randn') return generator.randn(shape);
  return name === 'rand' ? generator.rand(shape) : new Float32Array();
}

function pick({ atol, rtol }: RandomCase): { atol?: number; rtol?: number } {
  return { ...(atol === undefined ? {} : { atol }), ...(rtol === undefined ? {} : { rtol }) };
}
