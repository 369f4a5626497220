/**
 * `ksd distill`: trains the student of an experiment, shows how it goes, and draws samples after each epoch.
 *
 * A run that was stopped, or killed, goes on when the same command is given again. Under an MPI launcher this is one of
 * several such commands: that of process 0 shows and draws, the others only keep their training processes.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { checkModel } from '../../catalog/models.ts';
import { isFile } from '../../catalog/packaged.ts';
import { type Experiment, readExperiment } from '../../distillation/experiment.ts';
import { alone } from '../../distillation/parallel/collective.ts';
import { type Launch, launchOf, threadsOf } from '../../distillation/parallel/launch.ts';
import { rehearse } from '../../distillation/rehearse.ts';
import { notingFailure } from '../../distillation/runFailure.ts';
import { type EpochMetric, readMetrics, readProgress } from '../../distillation/runFolder.ts';
import type { TrainEvent } from '../../distillation/train.ts';
import { trainInProcess } from '../../distillation/trainProcess.ts';
import { KsdError } from '../../errors.ts';
import { finish } from '../../generation/finish.ts';
import type { KeepingRuntime } from '../../runtime/keeping.ts';
import type { RequestedDevice } from '../../runtime/session.ts';
import { printEstimate } from '../estimateView.ts';
import { describe, exitStatus } from '../failure.ts';
import { onInterrupt } from '../interrupt.ts';
import { t } from '../messages.ts';
import { deviceOption, examples, openDevice, wholeNumber } from '../options.ts';
import { sayProcesses, startProcesses } from '../processes.ts';
import { type SampleDrawer, sampleDrawer, samplePath } from '../samples.ts';
import { type TrainingView, trainingView } from '../trainingView.ts';

interface Options {
  readonly out: string;
  readonly device: RequestedDevice;
  readonly dryRun?: boolean;
  readonly processes: number;
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
    .addOption(
      new Option(
        '--processes <n>',
        t(
          '이 컴퓨터의 여러 프로세스가 나누어 학습합니다 (Open MPI). 여러 컴퓨터에서는 mpirun으로 시작하세요',
          'train in several processes of this machine (Open MPI); on several machines, start it by mpirun',
        ),
      )
        .argParser(wholeNumber(1))
        .default(1),
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
        [
          t('두 컴퓨터에서 네 프로세스씩', 'on two machines, four processes each'),
          'mpirun -n 8 --host one:4,two:4 --bind-to none ksd distill experiments/roberta-250k.yaml',
        ],
      ),
    )
    .action(distill);
}

async function distill(path: string, options: Options): Promise<void> {
  const launch = launchOf(process.env);
  if (launch === undefined && options.processes > 1 && !options.dryRun) {
    process.exitCode = await startProcesses(options.processes);
    return;
  }
  if (launch !== undefined && launch.rank > 0) return follow(path, options, launch);
  const { out, device, dryRun, processes } = options;
  const experiment = await readExperiment(path);
  const place = launch ?? { size: processes, localSize: processes, bound: false };
  if (place.size > 1) sayProcesses(place);
  const folder = join(out, experiment.name);
  const open = async () => {
    await checkModel(experiment.teacher);
    // The samples may have all cores: the other processes wait meanwhile.
    return openDevice(device, dryRun && place.size > 1 ? { threads: threadsOf(place) } : {});
  };
  if (dryRun) return tryOut(experiment, await open(), place.size);
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

/**
 * Process `rank` of several, which is not the first: it trains, and says nothing. What all have to complain about, the first
 * one says, and the launcher then ends the others.
 */
async function follow(path: string, { out, device, dryRun }: Options, { rank, size }: Launch): Promise<void> {
  if (dryRun) return;
  const interrupt = onInterrupt(() => {});
  try {
    const experiment = await readExperiment(path);
    const folder = join(out, experiment.name);
    for await (const _ of trainInProcess(experiment, { device, folder, signal: interrupt.signal }));
  } catch (error) {
    if (interrupt.signal.aborted && error === interrupt.signal.reason) return;
    // From here on the launcher's signal ends this process at once.
    interrupt.release();
    await sleep(firstWord);
    process.stderr.write(
      `${t(`프로세스 ${rank} (전체 ${size}개, ${hostname()})`, `process ${rank} of ${size}, on ${hostname()}`)}:\n`,
    );
    throw error;
  } finally {
    interrupt.release();
  }
}

/** Milliseconds that the first process has for what all of them would say. */
const firstWord = 5000;

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
  let stopped: StoppedEvent | undefined;
  try {
    // To its end: processes that train together part there.
    for await (const event of trainInProcess(experiment, { device, folder, signal })) {
      view.show(event);
      if (event.kind === 'start') await showEarlier(training, view, samples);
      if (event.kind === 'epoch') await drawSamples(training, samples, event.metric.epoch, event.checkpoint);
      if (event.kind === 'stopped') stopped = event;
    }
    if (stopped) sayStopped(stopped);
    else await sayFinished(folder);
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    sayInterrupted();
  } finally {
    view.stop();
    await samples?.dispose();
  }
}

/** Shows what an earlier part of the run did, with the samples that it was killed before drawing. */
async function showEarlier(
  training: Training,
  view: TrainingView,
  samples: SampleDrawer | undefined,
): Promise<void> {
  const { experiment, folder } = training;
  const progress = await readProgress(folder);
  if (progress === undefined) return;
  const { epoch, stepInEpoch, best } = progress;
  for (const metric of await epochsOf(folder)) view.epoch(metric, metric.step === best?.step);
  if (epoch > 0 && stepInEpoch === 0 && !(await isFile(`${samplePath(folder, epoch)}.png`))) {
    await drawSamples(training, samples, epoch, join(folder, 'last'));
  }
  if (epoch >= experiment.training.epochs) console.log(t('이미 끝난 학습입니다.', 'This run is finished.'));
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

/** Does everything up to the first step and tries the first of `processes` shares of a few, in a folder that is thrown away. */
async function tryOut(experiment: Experiment, runtime: KeepingRuntime, processes: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ksd-'));
  const view = trainingView();
  try {
    const rehearsal = rehearse(experiment, { runtime, folder, collective: { ...alone, size: processes } });
    const estimate = await finish(rehearsal, (event) => view.show(event));
    view.stop();
    view.show({ kind: 'start', folder: experiment.name, facts: estimate.facts });
    printEstimate(estimate);
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

type StoppedEvent = Extract<TrainEvent, { kind: 'stopped' }>;

function sayStopped({ step, checkpoint }: StoppedEvent): void {
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
