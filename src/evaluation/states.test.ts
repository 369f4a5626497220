import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTextEncoder, type TextEncoder } from '../encoders/textEncoder.ts';
import { finish } from '../generation/finish.ts';
import { randomStream } from '../random/stream.ts';
import { openRuntime } from '../runtime/node.ts';
import type { Runtime } from '../runtime/session.ts';
import { readCaptions } from './emojiCaptions.ts';
import { encoderSystems, linearBaseline, meanBaseline, referenceOf } from './stateSystems.ts';
import {
  type EvaluatedPair,
  evaluateStates,
  type Reference,
  type StatesEvaluation,
  type StatesProgress,
  type StatesRow,
  type StatesSystem,
} from './states.ts';

let runtime: Runtime;
let teacher: TextEncoder;
let student: TextEncoder;
let reference: Reference;
let pairs: EvaluatedPair[];
let training: EvaluatedPair[];

beforeAll(async () => {
  runtime = await openRuntime('cpu');
  teacher = { ...(await openTextEncoder(runtime, 'models/emoji-sd/model/text_encoder')), name: 'teacher' };
  student = await openTextEncoder(runtime, 'models/students/roberta');
  reference = referenceOf(teacher);
  const { train, heldOut } = await readCaptions('models/emoji-sd');
  const everyNth = (rows: readonly EvaluatedPair[], count: number) =>
    Array.from({ length: count }, (_, i) => rows[Math.floor((i * rows.length) / count)]!);
  [pairs, training] = [everyNth(heldOut, 60), everyNth(train, 40)];
});

afterAll(async () => {
  await teacher.dispose();
  await student.dispose();
});

const measure = (systems: readonly StatesSystem[], some = pairs) =>
  finish(evaluateStates(runtime, some, reference, systems));

const rowOf = ({ rows }: StatesEvaluation, name: string) =>
  rows.find(({ system }) => system === name) as StatesRow;

/** Whatever gives the states of `of` for the pairs, changed. */
function changed(
  name: string,
  change: (states: readonly Float32Array[]) => readonly Float32Array[],
): StatesSystem {
  return { name, label: name, language: 'ko', states: async (some) => change(await reference.states(some)) };
}

describe('the measures', () => {
  let evaluation: StatesEvaluation;
  const progress: StatesProgress[] = [];

  beforeAll(async () => {
    const systems = [
      ...encoderSystems(teacher, [student]),
      await meanBaseline(reference, pairs),
      await linearBaseline(runtime, teacher, training),
    ];
    evaluation = await finish(evaluateStates(runtime, pairs, reference, systems, { batch: 25 }), (step) =>
      progress.push(step),
    );
  }, 300_000);

  test('give the teacher beside itself everything', () => {
    const { mse, r2, cosine, retrieval } = rowOf(evaluation, 'teacher en');
    expect(mse).toMatchObject({ mean: 0, low: 0, high: 0, n: pairs.length });
    expect(r2).toMatchObject({ content: { mean: 1 }, afterEnd: { mean: 1 }, all: { mean: 1 } });
    // The first state is the same for every text: nothing is there to be explained.
    expect(r2.start).toBeUndefined();
    expect(cosine.mean).toBeCloseTo(1, 6);
    for (const { toTeacher, fromTeacher } of Object.values(retrieval)) {
      // Two captions may say the same in English.
      expect(toTeacher[1].mean).toBeGreaterThan(0.9);
      expect(fromTeacher[10].mean).toBe(1);
    }
  });

  test('give the mean of each position nothing, whatever its error', () => {
    const { r2, retrieval, mse } = rowOf(evaluation, 'mean');
    expect(r2.all?.mean).toBeCloseTo(0, 6);
    expect(r2.content?.mean).toBeCloseTo(0, 6);
    expect(mse.mean).toBeGreaterThan(0);
    expect(retrieval.tokens.toTeacher[1].mean).toBeLessThan(0.05);
  });

  test('put a student that learnt Korean between the teacher and the linear map, and that above Korean unlearnt', () => {
    const [after, linear, before] = ['roberta ko', 'linear', 'teacher ko'].map((name) =>
      rowOf(evaluation, name),
    ) as [StatesRow, StatesRow, StatesRow];
    expect(after.r2.all!.mean).toBeLessThan(1);
    expect(after.r2.all!.mean).toBeGreaterThan(linear.r2.all!.mean);
    expect(linear.r2.all!.mean).toBeGreaterThan(before.r2.all!.mean);
    expect(after.retrieval.tokens.toTeacher[1].mean).toBeGreaterThan(0.7);
    expect(before.retrieval.tokens.toTeacher[1].mean).toBeLessThan(0.2);
  });

  test('say how sure they are, and what of which length they hold for', () => {
    const { r2, groups } = rowOf(evaluation, 'roberta ko');
    expect(r2.all!.low).toBeLessThan(r2.all!.mean);
    expect(r2.all!.high).toBeGreaterThan(r2.all!.mean);
    expect(groups.reduce((sum, { n }) => sum + n, 0)).toBe(pairs.length);
    expect(groups.every(({ by }) => by === 'length')).toBe(true);
  });

  test('count the pairs of every system on the way', () => {
    expect(progress.at(-1)).toMatchObject({
      done: 7 * pairs.length,
      total: 7 * pairs.length,
      system: 'linear',
    });
    expect(progress).toHaveLength(7 * 3);
  });
});

test('a student with the sentences shuffled scores chance, one in the middle of learning stands between', async () => {
  const shuffle = (states: readonly Float32Array[]) => [...states.slice(1), states[0]!];
  const noise = randomStream(1, 'noise').normals(pairs.length * 77 * reference.size);
  const half = (states: readonly Float32Array[]) =>
    states.map((rows, i) => rows.map((value, j) => value + (noise[i * rows.length + j] as number)));
  const evaluation = await measure([
    changed('shuffled', shuffle),
    changed('half', half),
    changed('whole', (rows) => rows),
  ]);
  const [shuffled, middle, whole] = ['shuffled', 'half', 'whole'].map((name) => rowOf(evaluation, name)) as [
    StatesRow,
    StatesRow,
    StatesRow,
  ];
  expect(shuffled.r2.all!.mean).toBeLessThan(0);
  expect(shuffled.retrieval.pooled.toTeacher[1].mean).toBeLessThan(0.1);
  expect(middle.r2.all!.mean).toBeGreaterThan(shuffled.r2.all!.mean);
  expect(middle.r2.all!.mean).toBeLessThan(whole.r2.all!.mean);
});

test('domains are told apart where there are several', async () => {
  const named = pairs.map((pair, i) => ({ ...pair, domain: i % 2 === 0 ? 'even' : 'odd' }));
  const { groups } = rowOf(await measure(encoderSystems(teacher, []), named), 'teacher ko');
  expect(groups.filter(({ by }) => by === 'domain').map(({ name, n }) => [name, n])).toEqual([
    ['even', 30],
    ['odd', 30],
  ]);
});

test('no pairs, names that stand twice and states of another size are refused', async () => {
  const [own] = encoderSystems(teacher, []) as [StatesSystem];
  await expect(measure([own], [])).rejects.toThrow(/no pairs/);
  await expect(measure([own, own])).rejects.toThrow(/called "teacher en"/);
  const narrow = changed('narrow', (states) => states.map((rows) => rows.subarray(1)));
  await expect(measure([narrow])).rejects.toThrow(/values a text, but the teacher/);
});
