import { describe, expect, test } from 'vitest';
import { openRuntime } from '../runtime/node.ts';
import { driver, inChild, noDriver, softwareDriver, withDriver } from '../runtime/testing.ts';
import type { LossSettings } from './loss.ts';
import { summingTogether } from './parallel/testing.ts';
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
  ] as const)('learns as one on the host: %s, clipNorm %s, parts %i', async (variant, clip, parts) => {
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

test('InfoNCE over the parts of a step reads its means from the parameters where they are', async () => {
  const loss: LossSettings = {
    english: 0.9,
    korean: 1,
    positions: 'equal',
    cosine: 0,
    contrastive: 1,
    temperature: 0.1,
  };
  const places = ['host', 'device'] as const;
  const [host, device] = await Promise.all(
    places.map((place) => tinyStudent(runtime, { loss, inParts: true, layers: 1, place })),
  );
  const without = { ...loss, contrastive: 0 };
  const plain = await tinyStudent(runtime, { loss: without, inParts: true, layers: 1 });
  for (let step = 0; step < 3; step++) {
    const parts = tinyStep(step, 2, loss);
    const [expected, actual] = [await host!.learn(parts, 1e-3), await device!.learn(parts, 1e-3)];
    expected.forEach((sums, i) => {
      expect(worst([...actual[i]!], [...sums])).toBeLessThan(1e-5);
    });
    await plain.learn(parts, 1e-3);
  }
  const [a, b] = [withoutNoise(await host!.snapshot()), withoutNoise(await device!.snapshot())];
  expect(largestChange(a, b)).toBeLessThan(2e-5);
  expect(largestChange(a, withoutNoise(await plain.snapshot()))).toBeGreaterThan(1e-4);
  for (const student of [host!, device!, plain]) await student.dispose();
});

describe('in half precision', () => {
  const f16 = { precision: 'f16', variant: 'hf' } as const;

  test.each(['host', 'device'] as const)(
    'losses stay within a hundredth of those in float32, state on the %s',
    async (place) => {
      const full = await tinyStudent(runtime, { ...f16, precision: 'f32', place });
      const half = await tinyStudent(runtime, { ...f16, place });
      const options = { to: 40, learningRate: 1e-3 };
      const expected = await tinyTraining(full, options);
      const actual = await tinyTraining(half, options);
      expect(actual).not.toEqual(expected);
      expect(expected.at(-1)).toBeLessThan(0.7 * expected[0]!);
      expect(worst(actual, expected)).toBeLessThan(0.01);
      expect((await half.snapshot()).lossScale).toEqual({ scale: 65_536, goodSteps: 40, skipped: 0 });
      for (const student of [full, half]) await student.dispose();
    },
  );

  test.each(['host', 'device'] as const)(
    'steps that overflow are skipped until the scale fits, and then it learns; state on the %s',
    async (place) => {
      const student = await tinyStudent(runtime, { ...f16, place, firstLossScale: 2 ** 40 });
      const untouched = await student.snapshot();
      const before = untouched.parameters.map(({ parameter }) => [...parameter]);
      const [first, second] = await tinyTraining(student, { to: 2 });
      const skipped = await student.snapshot();
      expect(skipped).toMatchObject({ step: 0, lossScale: { scale: 2 ** 38, skipped: 2 } });
      expect(skipped.parameters.map(({ parameter }) => [...parameter])).toEqual(before);
      expect([first, second].every(Number.isFinite)).toBe(true);
      const losses = await tinyTraining(student, { from: 2, to: 40 });
      const { step, lossScale } = await student.snapshot();
      expect(step + lossScale!.skipped).toBe(40);
      expect(step).toBeGreaterThan(5);
      expect(losses.at(-1)).toBeLessThan(losses[0]!);
      await student.dispose();
    },
  );

  test('a run that was interrupted goes on with the same bits, and with its scale', async () => {
    const [straight, first, second] = [
      await tinyStudent(runtime, f16),
      await tinyStudent(runtime, f16),
      await tinyStudent(runtime, f16),
    ];
    for (const [student, from, to] of [
      [straight, 0, 6],
      [first, 0, 3],
    ] as const)
      await tinyTraining(student, { from, to });
    second.restore(await first.snapshot());
    expect(await tinyTraining(second, { from: 3, to: 6 })).toHaveLength(3);
    expect(await second.snapshot()).toEqual(await straight.snapshot());
    for (const student of [straight, first, second]) await student.dispose();
  });
});

describe.each(['host', 'device'] as const)('students that learn together, state on the %s', (place) => {
  test('take the steps of one that has all parts, even if one of them has none', async () => {
    const options = { clipNorm: 0.1, place };
    const one = await tinyStudent(runtime, options);
    const three = await Promise.all(
      summingTogether(3).map((collective) => tinyStudent(runtime, { ...options, collective })),
    );
    for (let step = 0; step < 4; step++) {
      const parts = tinyStep(step, 2);
      const expected = await one.learn(parts, 1e-3);
      const shares = [parts.slice(0, 1), parts.slice(1), []];
      const losses = await Promise.all(three.map((student, i) => student.learn(shares[i]!, 1e-3)));
      losses.flat().forEach((sums, i) => {
        expect(worst([...sums], [...expected[i]!])).toBeLessThan(1e-5);
      });
    }
    const snapshots = await Promise.all(three.map((student) => student.snapshot()));
    for (const other of snapshots.slice(1)) expect(other).toEqual(snapshots[0]);
    expect(largestChange(withoutNoise(snapshots[0]!), withoutNoise(await one.snapshot()))).toBeLessThan(2e-5);
    for (const student of [one, ...three]) await student.dispose();
  });

  test('skip a step together in which the gradients of one of them overflow', async () => {
    const two = await Promise.all(
      summingTogether(2).map((collective) =>
        tinyStudent(runtime, { precision: 'f16', firstLossScale: 2 ** 40, place, collective }),
      ),
    );
    // The second one has nothing that could overflow.
    await Promise.all([two[0]!.learn(tinyStep(0), 1e-3), two[1]!.learn([], 1e-3)]);
    for (const student of two) {
      expect(await student.snapshot()).toMatchObject({ step: 0, lossScale: { scale: 2 ** 39, skipped: 1 } });
      await student.dispose();
    }
  });
});

describe('on WebGPU', () => {
  test('a student learns as on the CPU, and goes on from a snapshot of it', async ({ skip }) => {
    if (driver === undefined) return skip(noDriver);
    const options = { to: 2, parts: 2, learningRate: 1e-3 };
    const settings = { clipNorm: 0.1, layers: 1 };
    const student = await tinyStudent(runtime, settings);
    const expected = await tinyTraining(student, options);
    const measured = await student.measure(tinyStep(9)[0]!);
    await student.dispose();
    const answer = inChild(
      `const { openRuntime } = await load('/src/runtime/node.ts');
       const { tinyStep, tinyStudent, tinyTraining } = await load('/src/distillation/testing.ts');
       const runtime = await openRuntime('webgpu');
       const [options, settings] = ${JSON.stringify([options, settings])};
       const student = await tinyStudent(runtime, settings);
       const losses = await tinyTraining(student, { ...options, to: 1 });
       student.restore(await student.snapshot());
       losses.push(...(await tinyTraining(student, { ...options, from: 1 })));
       const half = await tinyStudent(runtime, { ...settings, precision: 'f16' }).catch((error) => error.message);
       return [student.place, losses, [...(await student.measure(tinyStep(9)[0]))], half];`,
      withDriver(driver),
    ) as [string, number[], number[], unknown];
    expect(answer[0]).toBe('device');
    expect(worst(answer[1], expected)).toBeLessThan(1e-4);
    expect(worst(answer[2], [...measured])).toBeLessThan(1e-3);
    if (driver !== softwareDriver) return;
    expect(answer[3]).toMatch(
      /^training\.precision is f16, but the device webgpu does not compute in float16: /,
    );
  });
});
