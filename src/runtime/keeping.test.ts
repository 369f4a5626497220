import { afterAll, expect, test } from 'vitest';
import { createGraph, input } from '../graph/graph.ts';
import { add, mul } from '../graph/ops/arithmetic.ts';
import { compileKeeping } from './compile.ts';
import { checkHalf } from './half.ts';
import type { KeepingRuntime } from './keeping.ts';
import { openRuntime } from './node.ts';
import { floatTensor } from './tensor.ts';
import { driver, inChild, noDriver, withDriver } from './testing.ts';

const runtime = await openRuntime('cpu', { threads: 1 });

/** y = 2 x stays, z = x + 1 comes to the host. */
function doubling(on: KeepingRuntime = runtime) {
  const graph = createGraph();
  const x = input(graph, 'x', 'float32', ['n', 2]);
  return compileKeeping(on, graph, { y: mul(x, 2), z: add(x, 1) }, ['y']);
}

const session = await doubling();
afterAll(() => session.dispose());

const x = floatTensor(Float32Array.of(1, 2), [1, 2]);

test('what is kept can be fed again and read, and what is not comes to the host', async () => {
  const first = await session.run({ x });
  expect(Object.keys(first.kept)).toEqual(['y']);
  expect([...first.read['z']!.data]).toEqual([2, 3]);
  const second = await session.run({ x: first.kept['y']! });
  expect(second.kept['y']).toMatchObject({ type: 'float32', shape: [1, 2] });
  expect([...(await second.kept['y']!.read()).data]).toEqual([4, 8]);
  expect([...(await first.kept['y']!.read()).data]).toEqual([2, 4]);
});

test('a kept tensor that is disposed of is refused, by a session and by its reader', async () => {
  const { y } = (await session.run({ x })).kept;
  y!.dispose();
  y!.dispose();
  await expect(session.run({ x: y! })).rejects.toThrow(/is disposed of/);
  await expect(y!.read()).rejects.toThrow(/is disposed of/);
});

test('a kept tensor of another shape is refused by the name of its input', async () => {
  const graph = createGraph();
  const other = await compileKeeping(runtime, graph, { w: mul(input(graph, 'x', 'float32', [3]), 2) });
  const { y } = (await session.run({ x })).kept;
  await expect(other.run({ x: y! })).rejects.toThrow(/'x' .* has shape \[3\], but was given \[1, 2\]/);
  await other.dispose();
});

test('a device that computes in float16 passes, one that fails is named with the field', async () => {
  await checkHalf(runtime, 'training.precision');
  const failing: KeepingRuntime = {
    ...runtime,
    device: 'webgpu',
    open: () => Promise.reject(new Error('no f16.')),
  };
  await expect(checkHalf(failing, 'training.precision')).rejects.toThrow(
    /^training\.precision is f16, but the device webgpu does not compute in float16: no f16\. Set training\.precision: f32/,
  );
});

test('on WebGPU kept tensors stay in its memory, and are read from there', ({ skip }) => {
  if (driver === undefined) return skip(noDriver);
  const answer = inChild(
    `const { openRuntime } = await load('/src/runtime/node.ts');
     const { compileKeeping } = await load('/src/runtime/compile.ts');
     const { createGraph, input } = await load('/src/graph/graph.ts');
     const { mul, add } = await load('/src/graph/ops/arithmetic.ts');
     const runtime = await openRuntime('webgpu');
     const graph = createGraph();
     const x = input(graph, 'x', 'float32', ['n', 2]);
     const session = await compileKeeping(runtime, graph, { y: mul(x, 2), z: add(x, 1) }, ['y']);
     let fed = { type: 'float32', shape: [1, 2], data: Float32Array.of(1, 2) };
     for (let i = 0; i < 10; i++) {
       const { kept } = await session.run({ x: fed });
       if (i > 0) fed.dispose();
       fed = kept.y;
     }
     const { read } = await session.run({ x: fed });
     return [runtime.keepsTensors, [...(await fed.read()).data], [...read.z.data]];`,
    withDriver(driver),
  );
  expect(answer).toEqual([true, [1024, 2048], [1025, 2049]]);
});
