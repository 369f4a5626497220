/**
 * Checks knowledge distillation against PyTorch: losses of every step, gradients, and the parameters after 2, 5 and
 * 20 optimizer steps, for each student and optimizer; students that can fold their pads are checked folded too.
 */
import { join } from 'node:path';
import { loadParameter } from '../../checkpoint/bind.ts';
import { readJson } from '../../checkpoint/json.ts';
import type { Weights } from '../../checkpoint/tensorEntry.ts';
import { openTextEncoder } from '../../checkpoint/textEncoderFolder.ts';
import type { TokenIds } from '../../corpus/tokens/cache.ts';
import { type Batch, makeBatch } from '../../distillation/batch.ts';
import { lossesOf } from '../../distillation/data.ts';
import type { DecayRule } from '../../distillation/decay.ts';
import { type Objective, type ObjectiveName, objectiveNamed } from '../../distillation/objective.ts';
import { cosineWithWarmup } from '../../distillation/schedule.ts';
import { gradientName, stepGraph } from '../../distillation/stepGraph.ts';
import { createStudent, type StudentSnapshot } from '../../distillation/student.ts';
import { encoderModel } from '../../encoders/family.ts';
import type { EncoderModel } from '../../encoders/model.ts';
import { createGraph } from '../../graph/graph.ts';
import { compile } from '../../runtime/compile.ts';
import type { KeepingRuntime } from '../../runtime/keeping.ts';
import { openRuntime } from '../../runtime/node.ts';
import { floatTensor } from '../../runtime/tensor.ts';
import { promptLength } from '../../text/tokenizer.ts';
import { type CaseResult, type GoldenPart, resultOf, worstError } from '../golden.ts';
import { type GoldenTensors, readCases, readTensors } from '../tensors.ts';

interface RunCase {
  readonly name: string;
  readonly optimizer: 'hf_adamw' | 'torch_adamw';
  readonly lr: number;
  readonly weight_decay: number;
  readonly rule: DecayRule;
  readonly betas: [number, number];
  readonly eps: number;
  readonly warmup_steps: number;
  readonly total_steps: number;
  readonly log: readonly { batch: number; loss_en: number; loss_ko: number; lr: number }[];
  readonly params: Readonly<Record<string, { file: string; noise_only_parameters: Record<string, number> }>>;
}

interface StudentCase {
  readonly initial_parameters: string;
  readonly grads: string;
  readonly runs: readonly RunCase[];
}

interface ScheduleTable {
  readonly total_steps: number;
  readonly warmup_steps: number;
  readonly lr: number;
  readonly values: readonly number[];
}

/** The data's names for students, in our terms; a student of another name compares every position. */
const objectiveOf: Readonly<Record<string, ObjectiveName>> = {
  roberta_pooler: 'pooler_output',
  roberta_cls: 'first_token',
};

const lossTolerance = { atol: 1e-6, rtol: 1e-4 };
const gradientTolerance = { atol: 1e-6, rtol: 1e-3 };

export const trainingPart: GoldenPart = {
  name: 'training',
  async *check(folder, device = 'cpu') {
    const { students } = await readCases<{ students: Record<string, StudentCase> }>(folder);
    yield* checkSchedules(folder);
    const runtime = await openRuntime(device);
    for (const [name, item] of Object.entries(students)) {
      const setting = await openSetting(runtime, folder, name, item);
      yield* checkStudent(setting, item, false);
      // Folded as training folds: with the rows packed.
      const { packed } = setting.model;
      if (packed) yield* checkStudent({ ...setting, model: packed }, item, true);
    }
  },
};

async function* checkStudent(setting: Setting, item: StudentCase, fold: boolean): AsyncGenerator<CaseResult> {
  yield await checkGradients(setting, item, fold);
  for (const run of item.runs) yield await checkRun(setting, run, fold);
}

async function* checkSchedules(folder: string): AsyncGenerator<CaseResult> {
  const { tables, rtol } = (await readJson(join(folder, 'lr_schedule.json'))) as {
    tables: ScheduleTable[];
    rtol: number;
  };
  for (const { total_steps: totalSteps, warmup_steps: warmupSteps, lr, values } of tables) {
    const schedule = cosineWithWarmup({ peak: lr, warmupSteps, totalSteps });
    const rates = values.map((_, step) => schedule(step));
    // A whole period ends at an exact 0, where only rounding is left to compare.
    const errors = { lr: worstError(rates, values, { atol: rtol * lr, rtol }) };
    yield resultOf(`learning rate ${lr}, ${totalSteps} steps`, errors);
  }
}

interface Setting {
  readonly runtime: KeepingRuntime;
  readonly folder: string;
  readonly name: string;
  readonly model: EncoderModel;
  readonly objective: Objective;
  readonly initial: Weights;
  readonly batches: readonly GoldenBatch[];
}

interface GoldenBatch {
  readonly texts: readonly TokenIds[];
  /** Rows of the teacher for each English text. */
  readonly targets: readonly Float32Array[];
}

async function openSetting(
  runtime: KeepingRuntime,
  folder: string,
  name: string,
  item: StudentCase,
): Promise<Setting> {
  const teacher = await openTextEncoder(join(folder, 'teacher'));
  const studentFolder = join(folder, item.initial_parameters, '..');
  const student = await openTextEncoder(studentFolder);
  const model = encoderModel(student.modelType, student.config, studentFolder);
  const objective = objectiveNamed(objectiveOf[name] ?? 'last_hidden_state');
  const ids = await readTensors(join(folder, 'batches.safetensors'));
  const family = model.modelType === 'roberta' ? 'bert' : 'clip';
  const [en, ko, gt] = [`${family}_en`, `${family}_ko`, 'clip_en'].map((key) => readIds(ids, key));
  const teacherModel = encoderModel(teacher.modelType, teacher.config, teacher.configSource);
  const graph = createGraph();
  const rows = objective.teacher(teacherModel.build(graph, promptLength));
  const session = await compile(runtime, graph, { rows }, teacher.weights);
  const batches: GoldenBatch[] = [];
  for (let i = 0; i < en!.length; i++) {
    const results = await session.run(teacherModel.feeds(flatten(gt![i]!), promptLength));
    const data = results['rows']!.data as Float32Array;
    const size = data.length / gt![i]!.length;
    batches.push({
      texts: [...en![i]!, ...ko![i]!].map((row) => withoutPads(row, model.equalPadId)),
      targets: gt![i]!.map((_, row) => data.slice(row * size, (row + 1) * size)),
    });
  }
  await session.dispose();
  return { runtime, folder, name, model, objective, initial: student.weights, batches };
}

/** [batches][texts] rows of ids. */
function readIds(tensors: GoldenTensors, name: string): Int32Array[][] {
  const { data, shape } = tensors.get(name);
  const [batches, texts, length] = shape as [number, number, number];
  const ids = Int32Array.from(data);
  const row = (i: number) => ids.slice(i * length, (i + 1) * length);
  return Array.from({ length: batches }, (_, b) =>
    Array.from({ length: texts }, (_, t) => row(b * texts + t)),
  );
}

function flatten(rows: readonly Int32Array[]): Int32Array {
  return Int32Array.from(rows.flatMap((row) => [...row]));
}

/** Without the pads at the end; where pads are not all equal, they are tokens like any other. */
function withoutPads(ids: Int32Array, padId: number | undefined): TokenIds {
  return ids.subarray(0, ids.findLastIndex((id) => id !== padId) + 1);
}

function batchFor({ model, objective }: Setting, { texts, targets }: GoldenBatch, fold: boolean): Batch {
  const scale = 1 / (targets.length * targets[0]!.length);
  // Rows that keep their pads are full, so that nothing is added to them.
  const options = { model, padId: model.equalPadId ?? 0, perPosition: objective.perPosition, fold };
  return makeBatch(texts, [...targets, ...targets], scale, options);
}

function caseName({ name }: Setting, what: string, fold: boolean): string {
  return `${name} ${what}${fold ? ', pads folded' : ''}`;
}

async function checkGradients(setting: Setting, item: StudentCase, fold: boolean): Promise<CaseResult> {
  const { runtime, folder, model, objective, initial } = setting;
  const step = stepGraph(model, objective, model.equalPadId === undefined ? promptLength : 'length');
  const session = await compile(runtime, step.graph, step.gradients);
  const feeds = { ...batchFor(setting, setting.batches[0]!, fold).feeds };
  for (const [name, { shape }] of step.parameters) {
    const sizes = shape as readonly number[];
    feeds[name] = floatTensor(await loadParameter(initial, name, sizes), sizes);
  }
  const actual = await session.run(feeds);
  await session.dispose();
  const errors: Record<string, number> = {};
  const expected = await readTensors(join(folder, item.grads));
  for (const name of expected.names) {
    const gradient = (actual[gradientName(name)]?.data as Float32Array | undefined) ?? [];
    errors[name] = worstError(gradient, expected.floats(name), gradientTolerance);
  }
  return resultOf(caseName(setting, 'gradients at step 0', fold), errors);
}

async function checkRun(setting: Setting, run: RunCase, fold: boolean): Promise<CaseResult> {
  const { runtime, model, objective, initial, batches } = setting;
  const settings = {
    variant: run.optimizer === 'hf_adamw' ? 'hf' : 'torch',
    weightDecay: run.weight_decay,
    decayRule: run.rule,
    betas: run.betas,
    eps: run.eps,
  } as const;
  const student = await createStudent(runtime, model, objective, settings, async (parameters) => {
    const values = new Map<string, Float32Array>();
    for (const [name, { shape }] of parameters) {
      values.set(name, await loadParameter(initial, name, shape as readonly number[]));
    }
    return values;
  });
  const schedule = cosineWithWarmup({
    peak: run.lr,
    warmupSteps: run.warmup_steps,
    totalSteps: run.total_steps,
  });
  const errors: Record<string, number> = {};
  for (const [step, logged] of run.log.entries()) {
    const golden = batches[logged.batch]!;
    const batch = batchFor(setting, golden, fold);
    const [sums] = await student.learn([batch], schedule(step));
    const { lossEn, lossKo } = lossesOf(sums!, batch.constants, golden.targets[0]!.length);
    const actual = [lossEn / golden.targets.length, lossKo / golden.targets.length];
    errors[`losses of step ${step}`] = worstError(actual, [logged.loss_en, logged.loss_ko], lossTolerance);
    errors[`lr of step ${step}`] = worstError([schedule(step)], [logged.lr], { atol: 1e-12, rtol: 1e-9 });
    const snapshot = run.params[String(step + 1)];
    if (snapshot)
      Object.assign(
        errors,
        await parameterErrors(setting, run, snapshot, step + 1, await student.snapshot()),
      );
  }
  await student.dispose();
  return resultOf(caseName(setting, run.name, fold), errors);
}

async function parameterErrors(
  { folder }: Setting,
  { lr }: RunCase,
  snapshot: RunCase['params'][string],
  steps: number,
  { parameters }: StudentSnapshot,
): Promise<Record<string, number>> {
  const expected = await readTensors(join(folder, snapshot.file));
  const errors: Record<string, number> = {};
  for (const { name, parameter } of parameters) {
    const noiseOnly = name in snapshot.noise_only_parameters;
    const atol = noiseOnly ? 4 * lr * steps : Math.max(1e-5, 0.1 * lr);
    errors[`${name} after ${steps} steps`] = worstError(parameter, expected.floats(name), {
      atol,
      rtol: 0,
    });
  }
  return errors;
}
