import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTextEncoder, type TextEncoder } from '../encoders/textEncoder.ts';
import { openPipeline } from '../generation/open.ts';
import type { Pipeline } from '../generation/pipeline.ts';
import { openRuntime } from '../runtime/node.ts';
import { type FloatTensor, floatTensor } from '../runtime/tensor.ts';
import {
  type ConditionedTexts,
  conditioningDistances,
  type Moment,
  recordMoments,
  recovered,
} from './conditioning.ts';

let pipeline: Pipeline;
let student: TextEncoder;
let moments: Moment[];
let teacher: FloatTensor;
let empty: FloatTensor;

const en = 'a red apple on a blue background';
const ko = '파란색 배경의 빨간 사과';

beforeAll(async () => {
  const runtime = await openRuntime('cpu');
  pipeline = await openPipeline(runtime, 'models/emoji-sd/model');
  student = await openTextEncoder(runtime, 'models/students/roberta');
  const own = await pipeline.textEncoder();
  [teacher, empty] = [await own.encode([en]), await own.encode([''])];
  moments = await recordMoments(pipeline, en, { steps: 10, guidance: 5, seed: 3, calls: [0, 4, 8] });
});

afterAll(async () => {
  await pipeline.dispose();
  await student.dispose();
});

async function measure(measured: Record<string, FloatTensor>): Promise<Record<string, number>> {
  const texts: ConditionedTexts = { teacher, empty, measured: new Map(Object.entries(measured)) };
  const distances = await conditioningDistances(pipeline.unet, moments, texts);
  return Object.fromEntries([...distances].map(([name, both]) => [name, recovered(both)]));
}

test('latents are recorded at the model calls that were asked for', () => {
  expect(moments.map(({ latents }) => latents.shape)).toEqual([1, 2, 3].map(() => [1, 4, 16, 16]));
  const times = moments.map(({ timestep }) => timestep);
  expect(times).toEqual([...times].sort((a, b) => b - a));
});

test('the teacher recovers all, the empty prompt nothing, what lies between the two a part', async () => {
  const between = (share: number) =>
    floatTensor(
      teacher.data.map((value, i) => share * value + (1 - share) * (empty.data[i] as number)),
      teacher.shape,
    );
  const { same, nothing, ...rest } = await measure({
    same: teacher,
    nothing: empty,
    much: between(0.9),
    half: between(0.5),
    little: between(0.1),
  });
  expect(same).toBe(1);
  expect(nothing).toBe(0);
  expect(rest['much']).toBeGreaterThan(rest['half'] as number);
  expect(rest['half']).toBeGreaterThan(rest['little'] as number);
});

test('a student that was taught Korean recovers what the teacher does not see in Korean', async () => {
  const { before, after, shuffled } = await measure({
    before: await (await pipeline.textEncoder()).encode([ko]),
    after: await student.encode([ko]),
    shuffled: await student.encode(['노란색 배경의 로켓']),
  });
  expect(after).toBeGreaterThan(0.6);
  expect(before).toBeLessThan(0.3);
  expect(shuffled).toBeLessThan(0.3);
});

test('without recorded latents nothing can be said', async () => {
  await expect(
    conditioningDistances(pipeline.unet, [], { teacher, empty, measured: new Map() }),
  ).rejects.toThrow(/No latents/);
});
