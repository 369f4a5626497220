import { describe, expect, test } from 'vitest';
import { openRuntime } from '../runtime/node.ts';
import { driver, inChild, noDriver, withDriver } from '../runtime/testing.ts';
import type { StudentSnapshot } from './student.ts';
import { tinyStep, tinyStudent, tinyTraining } from './testing.ts';

const runtime = await openRuntime('cpu', { threads: 1 });

/** Largest difference of two lists, relative to the values. */
const worst = (actual: readonly number[], expected: readonly number[]) =>
  Math.max(...expected.map((value, i) => Math.abs(actual[i]! - value) / Math.abs(value)));

function largestChange(a: StudentSnapshot, b: StudentSnapshot): number {
  const changes = a.parameters.flatMap(({ parameter }, i) =>
    [...parameter].map((value, j) => Math.abs(value - b.parameters[i]!.parameter[j]!)),
  );
  return Math.max(...changes);
}

/** Adam moves a parameter by the rate whatever its gradient: a key's bias, whose true gradient is 0, by noise. */
const withoutNoise = ({ parameters, ...rest }: StudentSnapshot): StudentSnapshot => ({
  ...rest,
  parameters: parameters.filter(({ name }) => !name.endsWith('key.bias')),
});

describe('a student whose state is on the device, with the optimizer in the graph', () => {
  test.each([
    ['hf', undefined, 1],
    ['hf', 0.1, 1],
    ['torch', undefined, 3],
    ['torch', 0.1, 2],
  ] as const)('learns as one on the host: %s, clipped at %s, in %i parts', async (variant, clip, parts) => {
    const settings = { variant, clipNorm: clip };
    const host = await tinyStudent(runtime, { ...settings, place: 'host' });
    const device = await tinyStudent(runtime, { ...settings, place: 'device' });
    const options = { to: 6, parts, learningRate: 1e-3 };
    const expected = await tinyTraining(host, options);
    expect(worst(await tinyTraining(device, options), expected)).toBeLessThan(1e-5);
    expect(expected.at(-1)).toBeLessThan(expected[0]!);
    const [a, b] = [await host.snapshot(), await device.snapshot()];
    expect(largestChange(withoutNoise(a), withoutNoise(b))).toBeLessThan(2e-5);
    const measured = [await host.measure(tinyStep(9)[0]!), await device.measure(tinyStep(9)[0]!)];
    expect(worst([...measured[1]!], [...measured[0]!])).toBeLessThan(1e-5);
    for (const student of [host, device]) await student.dispose();
  });
});

describe('on WebGPU', () => {
  test('a student learns as on the CPU, and goes on from a snapshot of it', async ({ skip }) => {
    if (driver === undefined) return skip(noDriver);
    const options = { to: 4, parts: 2, learningRate: 1e-3 };
    const student = await tinyStudent(runtime, { clipNorm: 0.1 });
    const expected = await tinyTraining(student, options);
    const measured = await student.measure(tinyStep(9)[0]!);
    await student.dispose();
    const answer = inChild(
      `const { openRuntime } = await load('/src/runtime/node.ts');
       const { tinyStep, tinyStudent, tinyTraining } = await load('/src/distillation/testing.ts');
       const runtime = await openRuntime('webgpu');
       const options = ${JSON.stringify(options)};
       const student = await tinyStudent(runtime, { clipNorm: 0.1 });
       const losses = await tinyTraining(student, { ...options, to: 2 });
       const resumed = await tinyStudent(runtime, { clipNorm: 0.1 });
       resumed.restore(await student.snapshot());
       await student.dispose();
       losses.push(...(await tinyTraining(resumed, { ...options, from: 2 })));
       return [student.place, losses, [...(await resumed.measure(tinyStep(9)[0]))]];`,
      withDriver(driver),
    ) as [string, number[], number[]];
    expect(answer[0]).toBe('device');
    expect(worst(answer[1], expected)).toBeLessThan(1e-4);
    expect(worst(answer[2], [...measured])).toBeLessThan(1e-3);
  });
});
