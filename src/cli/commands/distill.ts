/**
 * `ksd distill`: trains the student of an experiment, shows how it goes, and draws samples after each epoch.
 *
 * A run that was stopped, or killed, goes on when the same command is given again.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { checkModel } from '../../catalog/models.ts';
import { isFile } from '../../catalog/packaged.ts';
import { type Experiment, readExperiment } from '../../distillation/experiment.ts';
import { rehearse } from '../../distillation/rehearse.ts';
import { notingFailure } from '../../distillation/runFailure.ts';
import { type EpochMetric, readMetrics, readProgress } from '../../distillation/runFolder.ts';
import type { TrainEvent } from '../../distillation/train.ts';
import { trainInProcess } from '../../distillation/trainProcess.ts';
import { KsdError } from '../../errors.ts';
import type { KeepingRuntime } from '../../runtime/keeping.ts';
import type { RequestedDevice } from '../../runtime/session.ts';
import { printEstimate } from '../estimateView.ts';
import { describe, exitStatus } from '../failure.ts';
import { onInterrupt } from '../interrupt.ts';
import { t } from '../messages.ts';
import { deviceOption, examples, openDevice } from '../options.ts';
import { type SampleDrawer, sampleDrawer, samplePath } from '../samples.ts';
import { type TrainingView, trainingView } from '../trainingView.ts';

interface Options {
  readonly out: string;
  readonly device: RequestedDevice;
  readonly dryRun?: boolean;
}

export function addDistill(program: Command): void {
  program
    .command('distill')
    .description(
      t(
        '실험 파일대로 한국어 텍스트 인코더를 증류합니다',
        'distil a Korean text encoder as an experiment says',
      ),
    )
    .argument('<experiment>', t('실험 파일 (YAML)', 'experiment (YAML)'))
    .option('--out <folder>', t('학습 결과를 둘 폴더', 'folder for the results of runs'), 'runs')
    .option(
      '--dry-run',
      t(
        '학습하지 않고 점검하고, 시간과 메모리를 어림합니다',
        'train nothing: check, and estimate time and memory',
      ),
    )
    // The CPU: training on other devices is not the tested path, and a resumed run repeats itself only on one device.
    .addOption(deviceOption('cpu'))
    .addHelpText(
      'after',
      examples(
        [
          t('학습하기 (멈춘 학습은 이어서 합니다)', 'train; a stopped run goes on'),
          'ksd distill experiments/emoji-roberta.yaml',
        ],
        [
          t('점검하고 시간과 메모리 어림하기', 'check, and estimate time and memory'),
          'ksd distill experiments/emoji-roberta.yaml --dry-run',
        ],
      ),
    )
    .action(distill);
}

async function distill(path: string, { out, device, dryRun }: Options): Promise<void> {
  const experiment = await readExperiment(path);
  const folder = join(out, experiment.name);
  const open = async () => {
    await checkModel(experiment.teacher);
    return openDevice(device);
  };
  if (dryRun) return tryOut(experiment, await open());
  await notingFailure(folder, async () => stoppable({ experiment, runtime: await open(), device, folder }));
}

async function stoppable(training: Omit<Training, 'signal'>): Promise<void> {
  const interrupt = onInterrupt(() => {
    process.stderr.write(
      `\n${t('이 스텝까지 저장하고 멈춥니다. 한 번 더 누르면 바로 끝납니다.', 'Stopping after this step, with a checkpoint; once more ends it at once.')}\n`,
    );
  });
  try {
    await runTraining({ ...training, signal: interrupt.signal });
  } finally {
    interrupt.release();
  }
}

interface Training {
  readonly experiment: Experiment;
  /** For the samples, which are drawn here while the training process waits. */
  readonly runtime: KeepingRuntime;
  readonly device: RequestedDevice;
  readonly folder: string;
  readonly signal: AbortSignal;
}

async function runTraining(training: Training): Promise<void> {
  const { experiment, runtime, device, folder, signal } = training;
  const view = trainingView();
  const samples = experiment.samples.length > 0 ? sampleDrawer(runtime, experiment, folder) : undefined;
  try {
    for await (const event of trainInProcess(experiment, { device, folder, signal })) {
      view.show(event);
      if (event.kind === 'start' && (await finishedBefore(training, view, samples))) return;
      if (event.kind === 'epoch') await drawSamples(training, samples, event.metric.epoch, event.checkpoint);
      if (event.kind === 'stopped') return sayStopped(event);
    }
    await sayFinished(folder);
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    sayInterrupted();
  } finally {
    view.stop();
    await samples?.dispose();
  }
}

/**
 * Shows what an earlier part of the run did, with the samples that it was killed before drawing. Whether it did all:
 * then there is nothing to go on with.
 */
async function finishedBefore(
  training: Training,
  view: TrainingView,
  samples: SampleDrawer | undefined,
): Promise<boolean> {
  const { experiment, folder } = training;
  const progress = await readProgress(folder);
  if (progress === undefined) return false;
  const { epoch, stepInEpoch, best } = progress;
  for (const metric of await epochsOf(folder)) view.epoch(metric, metric.step === best?.step);
  if (epoch > 0 && stepInEpoch === 0 && !(await isFile(`${samplePath(folder, epoch)}.png`))) {
    await drawSamples(training, samples, epoch, join(folder, 'last'));
  }
  if (epoch < experiment.training.epochs) return false;
  console.log(t('이미 끝난 학습입니다.', 'This run is finished.'));
  await sayFinished(folder);
  return true;
}

/** A picture that cannot be drawn is no reason to lose the training. */
async function drawSamples(
  { signal }: Training,
  samples: SampleDrawer | undefined,
  epoch: number,
  checkpoint: string,
): Promise<void> {
  if (samples === undefined || signal.aborted) return;
  try {
    process.stderr.write(`${await samples.draw(epoch, checkpoint, signal)}\n`);
  } catch (error) {
    if (signal.aborted && error === signal.reason) return;
    if (!(error instanceof KsdError)) throw error;
    process.stderr.write(`${describe(error)}\n`);
  }
}

/** Does everything up to the first step and tries a few, in a folder that is thrown away. */
async function tryOut(experiment: Experiment, runtime: KeepingRuntime): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ksd-'));
  const view = trainingView();
  try {
    const rehearsal = rehearse(experiment, { runtime, folder });
    let next = await rehearsal.next();
    for (; !next.done; next = await rehearsal.next()) view.show(next.value);
    view.stop();
    view.show({ kind: 'start', folder: experiment.name, facts: next.value.facts });
    printEstimate(next.value);
    console.log(t('문제가 없습니다. 학습을 시작할 수 있습니다.', 'The experiment can be run.'));
  } finally {
    view.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function epochsOf(folder: string): Promise<EpochMetric[]> {
  return (await readMetrics(folder)).filter((metric): metric is EpochMetric => metric.kind === 'epoch');
}

async function sayFinished(folder: string): Promise<void> {
  const best = join(folder, 'best');
  console.log(`${t('가장 좋은 학생', 'best student')}: ${best}`);
  console.log(`${t('그려 보기', 'draw with it')}: ksd generate "빨간 사과" --student ${folder}`);
}

function sayStopped({ step, checkpoint }: Extract<TrainEvent, { kind: 'stopped' }>): void {
  console.log(
    t(
      `${step}스텝에서 저장했습니다: ${checkpoint}. 같은 명령을 다시 실행하면 이어서 학습합니다.`,
      `Saved at step ${step}: ${checkpoint}. Run the same command to go on.`,
    ),
  );
  process.exitCode = exitStatus.interrupted;
}

function sayInterrupted(): void {
  console.log(
    t(
      '첫 스텝 전에 멈췄습니다. 교사가 읽은 것은 남아 있어, 같은 명령을 다시 실행하면 이어서 합니다.',
      'Stopped before the first step. What the teacher has read is kept: run the same command to go on.',
    ),
  );
  process.exitCode = exitStatus.interrupted;
}
