import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openTextEncoder, type TextEncoder } from '../encoders/textEncoder.ts';
import { finish } from '../generation/finish.ts';
import { openPipeline } from '../generation/open.ts';
import type { Pipeline } from '../generation/pipeline.ts';
import { openRuntime } from '../runtime/node.ts';
import {
  type ConditioningEvaluation,
  type ConditioningProgress,
  type ConditioningPrompt,
  evaluateConditioning,
  recordedCalls,
} from './evaluateConditioning.ts';
import { defaultSystems } from './evaluatePictures.ts';
import { openJournal } from './journal.ts';

let pipeline: Pipeline;
let student: TextEncoder;

const apple = 'a red apple on a blue background';
const prompts: readonly ConditioningPrompt[] = [
  { ko: '파란색 배경의 빨간 사과', en: apple, probe: 'plain' },
  { ko: '보라색 배경의 로켓', en: 'a rocket on a purple background', probe: 'plain' },
  { ko: '노란색 배경의 로켓', en: apple, probe: 'wrong' },
];

beforeAll(async () => {
  const runtime = await openRuntime('cpu');
  pipeline = await openPipeline(runtime, 'models/emoji-sd/model');
  student = { ...(await openTextEncoder(runtime, 'models/students/roberta')), name: 'student' };
});

afterAll(async () => {
  await pipeline.dispose();
  await student.dispose();
});

const measure = async (onStep?: (step: ConditioningProgress) => unknown): Promise<ConditioningEvaluation> => {
  const teacher = { ...(await pipeline.textEncoder()), name: 'teacher' };
  const systems = defaultSystems(teacher, [student]);
  return finish(evaluateConditioning(pipeline, prompts, systems, { steps: 6, guidance: 5 }), onStep);
};

test('systems are told apart, prompt by prompt and probe by probe', async () => {
  const seen: ConditioningProgress[] = [];
  const { rows, prompts: measured, calls } = await measure((step) => seen.push(step));
  expect(calls).toEqual([0, 2, 4]);
  expect(seen.map(({ done, total }) => [done, total])).toEqual([1, 2, 3].map((done) => [done, 3]));
  const row = (name: string) => rows.find(({ system }) => system === name)!;
  expect(row('teacher en').recovered).toMatchObject({ mean: 1, low: 1, high: 1, n: 3 });
  const plain = (name: string) => row(name).probes.find(({ probe }) => probe === 'plain')!.recovered;
  expect(plain('student ko')).toMatchObject({ n: 2 });
  expect(plain('student ko').mean).toBeGreaterThan(0.5);
  expect(plain('teacher ko').mean).toBeLessThan(0.2);
  expect(row('student ko').probes.find(({ probe }) => probe === 'wrong')!.recovered.mean).toBeLessThan(0.2);
  // Results stand in the order of the prompts, whichever share their latents.
  expect(measured.map(({ ko }) => ko)).toEqual(prompts.map(({ ko }) => ko));
  const at = rows.findIndex(({ system }) => system === 'student ko');
  expect(measured[0]!.recovered[at]).toBeGreaterThan(measured[2]!.recovered[at]!);
});

test('what a journal kept is not measured again, also when a system joins', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ksd-kept-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const journal = openJournal(folder, {});
  let calls = 0;
  const watched: Pipeline = {
    ...pipeline,
    unet: (...args) => {
      calls++;
      return pipeline.unet(...args);
    },
  };
  const teacher = { ...(await pipeline.textEncoder()), name: 'teacher' };
  const run = (students: TextEncoder[]) => {
    const options = { steps: 3, guidance: 5, journal };
    return finish(evaluateConditioning(watched, prompts, defaultSystems(teacher, students), options));
  };
  const first = await run([]);
  const before = calls;
  expect(await run([])).toEqual(first);
  expect(calls).toBe(before);
  const { rows } = await run([student]);
  expect(rows.slice(0, 2)).toEqual(first.rows);
  expect(rows).toHaveLength(4);
});

test('a run of few steps records each of its calls once', () => {
  expect(recordedCalls(1)).toEqual([0]);
  expect(recordedCalls(2)).toEqual([0, 1]);
  expect(recordedCalls(25)).toEqual([0, 8, 16]);
});

test('no prompts, two systems of one name and a signal end it before anything is drawn', async () => {
  const systems = defaultSystems(student, []);
  const first = (some: readonly ConditioningPrompt[], of = systems, signal?: AbortSignal) =>
    evaluateConditioning(pipeline, some, of, signal ? { signal } : {}).next();
  await expect(first([])).rejects.toThrow('0 prompts and 2 systems');
  await expect(first(prompts, [...systems, ...systems])).rejects.toThrow('Two systems are called');
  await expect(first(prompts, systems, AbortSignal.abort())).rejects.toThrow('aborted');
});
