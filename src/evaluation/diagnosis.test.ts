import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { readPairs } from '../corpus/pairs.ts';
import { openTextEncoder, type TextEncoder } from '../encoders/textEncoder.ts';
import { InputError } from '../errors.ts';
import { finish } from '../generation/finish.ts';
import { openPipeline } from '../generation/open.ts';
import { writeGuardedModel } from '../generation/testing/guardedModel.ts';
import { pictureGrid } from '../pictures/grid.ts';
import { openRuntime } from '../runtime/node.ts';
import {
  type DiagnosisRequest,
  type DiagnosisStage,
  diagnose,
  diagnosisJson,
  thirds,
  unmatchedRows,
} from './diagnosis.ts';
import { diagnosisGrid } from './diagnosisGrid.ts';
import { diagnosisPage } from './diagnosisPage.ts';
import { distinctPairs, evenly } from './nearest.ts';

const prompt = '파란색 배경의 빨간 사과';
const reference = 'a red apple on a blue background';
const steps = 6;

const runtime = await openRuntime('cpu');
const pipeline = await openPipeline(runtime, 'models/emoji-sd/model');
const teacher = await pipeline.textEncoder();
const student = await openTextEncoder(runtime, 'models/students/roberta');
afterAll(() => Promise.all([pipeline.dispose(), student.dispose()]));

const base = (textEncoder: TextEncoder): DiagnosisRequest => ({
  ...{ pipeline, textEncoder, prompt, steps },
  guidance: 5,
  seed: 1,
});

const pairs = evenly(distinctPairs(await readPairs('models/emoji-sd/captions/held_out.jsonl')), 150);
const stages = new Map<DiagnosisStage, number>();
const diagnosis = await finish(
  diagnose({ ...base(student), reference, pairs, nearest: 3 }),
  ({ stage, done, total }) => {
    if (done === total) stages.set(stage, (stages.get(stage) ?? 0) + 1);
  },
);

/** A page without its pictures. */
const wordsOf = (page: string) => page.replace(/base64,[^"]*/g, '');

test('every stage is followed to its end: the pairs, both drawings, the conditions', () => {
  expect(Object.fromEntries(stages)).toEqual({ pairs: 1, drawing: 2, conditioning: 1 });
});

test('the picture is the one that the pipeline draws', async () => {
  const { images } = await pipeline.draw({ ...base(student), textEncoder: student });
  expect(diagnosis.drawing.picture).toEqual(images[0]);
});

test('a student that knows Korean recovers more than the original, most of it in early steps', () => {
  const { prompt: after, byOwn: before } = diagnosis.recovery!;
  expect(after.whole).toBeGreaterThan(before.whole + 0.3);
  expect(after.calls).toHaveLength(steps);
  const [early, middle, late] = thirds(after);
  expect((early + middle + late) / 3).toBeCloseTo(
    after.calls.reduce((sum, one) => sum + one.recovered, 0) / steps,
    10,
  );
});

test('thirds of a run of one or two calls are those that there are', () => {
  const of = (...all: number[]) =>
    thirds({ whole: 0, calls: all.map((recovered, i) => ({ timestep: -i, recovered })) });
  expect(of(0.5)).toEqual([0.5, 0.5, 0.5]);
  expect(of(0.5, 0.25)).toEqual([0.5, 0.5, 0.25]);
  expect(of(0.5, 0.25, 0)).toEqual([0.5, 0.25, 0]);
  expect(of(1, 0.5, 0.5, 0)).toEqual([1, 0.5, 0.25]);
});

test('errors are small at the places of words that both have, and large where the prompt has ended', () => {
  const { rows, relativeTo } = diagnosis.errors!;
  expect(relativeTo).toBe('variance');
  expect(rows[0]).toBeUndefined();
  expect(unmatchedRows(diagnosis.tokens)).toEqual([5, 6, 7]);
  expect(rows[1]).toBeLessThan(0.5);
  expect(rows[6]).toBeGreaterThan(1);
});

test('shares of words and of rows are of one whole', () => {
  const { groups, rowShares } = diagnosis.drawing;
  expect(groups.map(({ text, kind }) => text || kind)).toEqual([
    'start',
    '파란색',
    '배경의',
    '빨간',
    '사과',
    'end',
    'pad',
  ]);
  expect(groups.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 4);
  expect(rowShares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 4);
});

test('what the prompt is taken for has apples or blue backgrounds in it', () => {
  const { english, pool } = diagnosis.neighbors!;
  expect(pool).toBe(150);
  expect(english).toHaveLength(3);
  expect(english[0]!.en).toMatch(/apple|red|blue/);
});

test('the model’s own encoder has nothing to be compared with before distillation, and errors of none with itself', async () => {
  const own = await finish(diagnose({ ...base(teacher), prompt: reference, reference }));
  expect(own.own).toBe(true);
  expect(own.recovery!.prompt.whole).toBe(1);
  expect(own.errors).toMatchObject({ relativeTo: 'square', rows: Array(77).fill(0) });
  expect(own.neighbors).toBeUndefined();
});

test('without a reference there is a drawing and no comparison, on the page as well', async () => {
  const alone = await finish(diagnose(base(student)));
  expect(alone.referenceDrawing ?? alone.recovery ?? alone.errors).toBeUndefined();
  expect(alone.drawing.picture).toEqual(diagnosis.drawing.picture);
  const page = diagnosisPage(alone);
  expect(page.match(/<section>/g)).toHaveLength(3);
  expect(wordsOf(page)).not.toMatch(/undefined|NaN/);
});

test('the page is one file: a picture for each word, nothing from elsewhere, and no prompt that is taken for markup', () => {
  const page = diagnosisPage({ ...diagnosis, prompt: '<i>배</i> & "귤"' });
  const pictures = page.match(/src="[^"]*"/g) ?? [];
  expect(pictures.every((source) => source.startsWith('src="data:image/png;base64,'))).toBe(true);
  const groups = diagnosis.drawing.groups.length + diagnosis.referenceDrawing!.groups.length;
  expect(pictures).toHaveLength(groups + 2);
  expect(wordsOf(page)).not.toMatch(/https?:|<script|<i>배|undefined|NaN/);
  expect(diagnosisPage(diagnosis)).toBe(diagnosisPage(diagnosis));
});

test('the figure has a row for each drawing; JSON has the numbers and no pictures', () => {
  const svg = pictureGrid(diagnosisGrid(diagnosis));
  for (const word of ['사과', 'apple']) expect(svg).toContain(word);
  const text = JSON.stringify(diagnosisJson(diagnosis));
  expect(text.length).toBeLessThan(60_000);
  expect(JSON.parse(text)).toMatchObject({
    prompt,
    reference,
    drawing: { text: prompt },
    neighbors: { pool: 150 },
  });
});

test('a picture that the safety checker flags is black under its maps, and the page says so', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ksd-diagnosis-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeGuardedModel(folder, -2);
  const guarded = await openPipeline(runtime, folder);
  const own = await guarded.textEncoder();
  const found = await finish(diagnose({ pipeline: guarded, textEncoder: own, prompt: 'a cat', steps: 1 }));
  await guarded.dispose();
  expect(found.drawing.flagged).toBe(true);
  expect(found.drawing.picture.data.every((value) => value === 0)).toBe(true);
  expect(diagnosisPage(found)).toContain('safety checker');
  expect(diagnosis.drawing.flagged).toBe(false);
  expect(diagnosisPage(diagnosis)).not.toContain('safety checker');
});

test('a reference that says nothing is refused before anything is drawn', async () => {
  const steps = diagnose({ ...base(student), reference: ' ' });
  await expect(steps.next()).rejects.toThrow(InputError);
});
