import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { bindExternal, loadParameter, weightsFolder } from './bind.ts';
import { openSafetensors } from './safetensors.ts';
import { writeSafetensors } from './safetensorsWriter.ts';
import type { Weights } from './tensorEntry.ts';

let weights: Weights;

beforeAll(async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'ksd-bind-')), 'model.safetensors');
  await writeSafetensors(path, [
    { name: 'layer.weight', dtype: 'F16', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
    { name: 'layer.small', dtype: 'I8', shape: [2, 2], data: Int8Array.of(1, 2, 3, 4) },
    { name: 'layer.ids', dtype: 'I64', shape: [2], data: BigInt64Array.of(1n, 2n) },
  ]);
  weights = await openSafetensors(path);
});

test('a parameter is bound to its bytes in the file', () => {
  const binding = bindExternal(weights)('layer.weight', [2, 3]);
  expect(binding).toMatchObject({
    kind: 'external',
    location: 'model.safetensors',
    length: 12,
    dtype: 'float16',
  });
});

test('a missing key is named with the file', () => {
  expect(() => bindExternal(weights)('layer.bias', [2])).toThrow(
    /model\.safetensors holds no tensor layer\.bias/,
  );
});

test('a wrong shape is named with both shapes', () => {
  expect(() => bindExternal(weights)('layer.weight', [3, 3])).toThrow(
    /layer\.weight has shape \[2, 3\].*\[3, 3\]/,
  );
});

test('integers are no weights', () => {
  expect(() => bindExternal(weights)('layer.ids', [2])).toThrow(/layer\.ids is I64/);
});

test('int8 is bound where the graph asks for it, and nowhere else', () => {
  const bind = bindExternal(weights);
  expect(bind('layer.small', [2, 2], 'int8')).toMatchObject({ length: 4, dtype: 'int8' });
  expect(() => bind('layer.small', [2, 2])).toThrow(/layer\.small is I8, but it must be F32, F16 or BF16/);
  expect(() => bind('layer.weight', [2, 3], 'int8')).toThrow(/layer\.weight is F16, but it must be I8/);
});

test('weights in several folders cannot be one model', () => {
  const [entry] = weights.tensors.values();
  const tensors = new Map([...weights.tensors, ['other', { ...entry!, file: '/elsewhere/x.safetensors' }]]);
  expect(() => weightsFolder({ ...weights, tensors })).toThrow(/2 folders/);
});

test('F16 weights load as float32', async () => {
  expect([...(await loadParameter(weights, 'layer.weight', [2, 3]))]).toEqual([1, 2, 3, 4, 5, 6]);
});
