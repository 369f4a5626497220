/**
 * `ksd worker`: draws for `ksd serve` on other machines.
 */
import type { Command } from 'commander';
import { ConfigError } from '../../errors.ts';
import type { RequestedDevice } from '../../runtime/session.ts';
import { startWorker } from '../../server/worker.ts';
import { t } from '../messages.ts';
import { deviceOption, examples, wholeNumber } from '../options.ts';
import { modelOption, queueOption, storeOption, studentOption } from '../serverOptions.ts';
import { announce, untilInterrupted } from '../serving.ts';

interface Options {
  readonly model: readonly string[];
  readonly student: readonly string[];
  readonly queue?: string;
  readonly store: string;
  readonly workers: number;
  readonly device: RequestedDevice;
}

export function addWorker(program: Command): void {
  program
    .command('worker')
    .description(t('다른 기기의 ksd serve를 위해 그립니다', 'draw for ksd serve on other machines'))
    .addOption(queueOption())
    .addOption(storeOption().default('data'))
    .addOption(modelOption())
    .addOption(studentOption())
    .option('--workers <n>', t('동시에 그리는 프로세스 수', 'processes that draw at once'), wholeNumber(1), 1)
    .addOption(deviceOption())
    .addHelpText(
      'after',
      examples(
        [
          t('폴더를 함께 쓰는 기기에서', 'on a machine that mounts the same folder'),
          'ksd worker --queue redis://10.0.0.1:6379 --store /mnt/ksd',
        ],
        [
          t('그림을 S3 호환 저장소에', 'with the pictures in an S3-compatible store'),
          'AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=... ksd worker --queue redis://10.0.0.1 --store "s3://pictures/ksd?endpoint=https://storage.example.org"',
        ],
        [
          t('서버와 같은 모델과 학생으로', 'with the model and the student of the server'),
          'ksd worker --queue redis://10.0.0.1 --store /mnt/ksd --model ~/models/stable-diffusion-v1-4 --student runs/roberta',
        ],
      ),
    )
    .action(work);
}

async function work({ model, student, queue, store, workers, device }: Options): Promise<void> {
  process.stderr.write(`${t('모델을 여는 중…', 'opening the model…')}\n`);
  const worker = await startWorker({
    ...{ models: model, students: student, device, size: workers },
    queue: given(queue),
    store,
    onEnd: (id, state, seconds) =>
      process.stderr.write(`${id} ${endings[state]()} ${seconds.toFixed(1)} ${t('초', 's')}\n`),
    log: (text) => process.stderr.write(`⚠ ${text}\n`),
  });
  const { models, students } = worker.offered;
  announce({ device: worker.device, models, students }, t('작업을 기다립니다', 'waiting for jobs'));
  await untilInterrupted(
    worker,
    t(
      '그리던 그림을 마치고 끝냅니다. 한 번 더 누르면 바로 끝내고, 작업은 다른 작업자가 다시 그립니다.',
      'Ends when the picture in work is done; once more ends at once, and another worker draws it anew.',
    ),
  );
}

const endings = {
  done: () => t('완성', 'done'),
  failed: () => t('실패', 'failed'),
  cancelled: () => t('취소', 'cancelled'),
};

/** Throws ConfigError where there is none: a worker has no jobs of its own. */
function given(queue: string | undefined): string {
  if (queue !== undefined && queue !== '') return queue;
  throw new ConfigError(
    t('어느 서버의 작업을 그릴지 지정하지 않았습니다.', 'Whose jobs to draw is not said.'),
    t(
      '서버와 같은 --queue를 쓰세요. 예: --queue redis://10.0.0.1:6379',
      "Give the server's queue, such as --queue redis://10.0.0.1:6379.",
    ),
  );
}
