import { afterAll, describe, expect, test } from 'vitest';
import { CheckpointError, ConfigError } from '../../errors.ts';
import { createGraph, input } from '../../graph/graph.ts';
import { randomStream } from '../../random/stream.ts';
import { compileKeeping } from '../../runtime/compile.ts';
import type { DeviceTensor } from '../../runtime/keeping.ts';
import { openRuntime } from '../../runtime/node.ts';
import { floatTensor } from '../../runtime/tensor.ts';
import type { AdamWOptions } from '../adamw/adamw.ts';
import { placeFor, type StatePlace, states } from './registry.ts';
import type { StateSnapshot, TrainedParameter, TrainingState } from './state.ts';

const runtime = await openRuntime('cpu', { threads: 1 });

const shapes = { 'layer.weight': [5, 7], 'layer.bias': [7], 'norm.weight': [3] };

const normals = (name: string, shape: readonly number[], scale = 1) =>
  randomStream(0, name).normals(
    shape.reduce((a, b) => a * b, 1),
    0,
    scale,
  );

function parameters(): TrainedParameter[] {
  return Object.entries(shapes).map(([name, shape]) => ({
    name,
    shape,
    data: normals(name, shape),
    decay: name === 'layer.weight',
  }));
}

const graph = createGraph();
const echoed = Object.fromEntries(
  Object.entries(shapes).map(([name, shape]) => [`${name}!`, input(graph, name, 'float32', shape)]),
);
const echo = await compileKeeping(runtime, graph, echoed, Object.keys(echoed));
afterAll(() => echo.dispose());

type Gradients = Readonly<Record<string, Float32Array>>;

function gradientsAt(step: number, scale = 1): Gradients {
  // Their sizes differ by far, so that some moments are flushed to 0.
  const size = step % 3 === 2 ? 1e-22 : 1;
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, normals(`${name} ${step}`, shape, size * scale)]),
  );
}

/** As a session leaves them. */
async function kept(gradients: Gradients): Promise<Record<string, DeviceTensor>> {
  const feeds = Object.entries(shapes).map(([name, shape]) => [name, floatTensor(gradients[name]!, shape)]);
  const { kept: tensors } = await echo.run(Object.fromEntries(feeds));
  return Object.fromEntries(Object.keys(shapes).map((name) => [name, tensors[`${name}!`]!]));
}

const plain = { variant: 'torch', weightDecay: 0.1 } as const;

const open = (place: StatePlace, options: AdamWOptions = plain) =>
  states[place](runtime, parameters(), options);

async function train(state: TrainingState, from: number, to: number, lossScale?: number): Promise<void> {
  for (let step = from; step < to; step++) {
    await state.add(await kept(gradientsAt(step, lossScale)));
    expect(await state.update({ learningRate: 0.01 * (step + 1), lossScale })).toBe(true);
  }
}

const valuesOf = ({ parameters: all }: StateSnapshot) =>
  all.flatMap(({ parameter, firstMoment, secondMoment }) => [...parameter, ...firstMoment, ...secondMoment]);

async function copyOf(state: TrainingState): Promise<StateSnapshot> {
  const { step, parameters: all } = await state.snapshot();
  const copies = all.map((each) => ({
    ...each,
    parameter: each.parameter.slice(),
    firstMoment: each.firstMoment.slice(),
    secondMoment: each.secondMoment.slice(),
  }));
  return { step, parameters: copies };
}

test('the optimizer in the graph takes the steps of the kernel, within the rounding of float32', async () => {
  for (const variant of ['hf', 'torch'] as const) {
    for (const clipNorm of [undefined, 0.5]) {
      for (const lossScale of [undefined, 1024]) {
        const options = { variant, weightDecay: 0.1, ...(clipNorm === undefined ? {} : { clipNorm }) };
        const [host, device] = [await open('host', options), await open('device', options)];
        for (const state of [host, device]) await train(state, 0, 8, lossScale);
        const [expected, actual] = [await host.snapshot(), await device.snapshot()];
        expect(actual.step).toBe(expected.step);
        const found = valuesOf(actual);
        valuesOf(expected).forEach((value, i) => {
          expect(Math.abs(found[i]! - value)).toBeLessThanOrEqual(1e-30 + 2e-6 * Math.abs(value));
        });
        for (const state of [host, device]) await state.dispose();
      }
    }
  }
});

test('a runtime without a memory of its own has its state on the host', () => {
  expect(placeFor(runtime)).toBe('host');
  expect(placeFor({ ...runtime, keepsTensors: true })).toBe('device');
});

describe.each(Object.keys(states) as StatePlace[])('the state on the %s', (place) => {
  test('begins with the given values and moments of 0, and feeds what it has', async () => {
    const state = await open(place);
    const { step, parameters: all } = await state.snapshot();
    expect(step).toBe(0);
    expect(all.map(({ name, shape }) => [name, shape])).toEqual(Object.entries(shapes));
    for (const { name, parameter, firstMoment, secondMoment } of all) {
      expect(parameter).toEqual(normals(name, shapes[name as keyof typeof shapes]));
      expect([...firstMoment, ...secondMoment].every((value) => value === 0)).toBe(true);
    }
    await train(state, 0, 1);
    const { kept: echoes } = await echo.run(state.feeds());
    for (const { name, parameter } of (await state.snapshot()).parameters) {
      expect((await echoes[`${name}!`]!.read()).data).toEqual(parameter);
    }
    await state.dispose();
  });

  test('gradients that come in parts are one step of their sum', async () => {
    const [whole, parts] = [await open(place), await open(place)];
    const [a, b, c] = [gradientsAt(0), gradientsAt(1), gradientsAt(3)];
    const sum = Object.fromEntries(
      Object.keys(shapes).map((name) => [
        name,
        a[name]!.map((value, i) => Math.fround(value + b[name]![i]!) + c[name]![i]!),
      ]),
    );
    await whole.add(await kept(sum));
    for (const part of [a, b, c]) await parts.add(await kept(part));
    for (const state of [whole, parts]) await state.update({ learningRate: 0.1 });
    expect(valuesOf(await parts.snapshot())).toEqual(valuesOf(await whole.snapshot()));
    for (const state of [whole, parts]) await state.dispose();
  });

  test('training that is interrupted and restored continues with the same bits', async () => {
    const [straight, first, second] = [await open(place), await open(place), await open(place)];
    await train(straight, 0, 6);
    await train(first, 0, 3);
    second.restore(await copyOf(first));
    await train(second, 3, 6);
    expect(await copyOf(second)).toEqual(await copyOf(straight));
    for (const state of [straight, first, second]) await state.dispose();
  });

  test('a step whose scaled gradients are not finite changes nothing, and its gradients are forgotten', async () => {
    const [clean, state] = [await open(place), await open(place)];
    await train(clean, 0, 1, 8);
    await train(state, 0, 1, 8);
    const before = await copyOf(state);
    for (const broken of [Number.POSITIVE_INFINITY, Number.NaN]) {
      const gradients = gradientsAt(1);
      gradients['layer.bias']![2] = broken;
      await state.add(await kept(gradients));
      expect(await state.update({ learningRate: 0.1, lossScale: 8 })).toBe(false);
      expect(await copyOf(state)).toEqual(before);
    }
    for (const each of [clean, state]) await train(each, 1, 2, 8);
    expect(await copyOf(state)).toEqual(await copyOf(clean));
    for (const each of [clean, state]) await each.dispose();
  });

  test('a snapshot of another student is refused, naming the parameter, and changes nothing', async () => {
    const state = await open(place);
    const before = await copyOf(state);
    const [weight, bias, norm] = before.parameters as [never, never, (typeof before.parameters)[0]];
    const shorter = { ...norm, firstMoment: new Float32Array(2) };
    const wrong: [StateSnapshot, string][] = [
      [{ step: 1, parameters: [weight, bias] }, "no values of 'norm.weight'"],
      [{ step: 1, parameters: [weight, bias, shorter] }, "2 values of 'norm.weight' (firstMoment)"],
      [{ step: 1, parameters: [weight, bias, norm, { ...norm, name: 'extra' }] }, "'extra'"],
      [{ ...before, step: -1 }, 'step count'],
    ];
    for (const [snapshot, message] of wrong) {
      expect(() => state.restore(snapshot)).toThrow(CheckpointError);
      expect(() => state.restore(snapshot)).toThrow(message);
    }
    expect(await copyOf(state)).toEqual(before);
    await state.dispose();
  });

  test('options outside their range are refused', async () => {
    await expect(open(place, { ...plain, weightDecay: -1 })).rejects.toThrow(ConfigError);
  });
});
