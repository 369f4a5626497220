/**
 * `ksd serve`: a server with a page, for one machine or a few people.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Command } from 'commander';
import { packageRoot } from '../../checkpoint/packageRoot.ts';
import { ConfigError } from '../../errors.ts';
import type { RequestedDevice } from '../../runtime/session.ts';
import { isLocalHost, startServer } from '../../server/server.ts';
import { workbenchRoutes } from '../../server/workbench/routes.ts';
import { t } from '../messages.ts';
import { deviceOption, examples, wholeNumber } from '../options.ts';
import { collect, modelOption, queueOption, storeOption, studentOption } from '../serverOptions.ts';
import { announce, untilInterrupted } from '../serving.ts';

interface Options {
  readonly model: readonly string[];
  readonly student: readonly string[];
  readonly host: string;
  readonly port: number;
  readonly data: string;
  readonly runs: string;
  readonly results: string;
  readonly corpora: string;
  readonly experiments: string;
  readonly apiKey?: string;
  /** False with --no-key. */
  readonly key: boolean;
  readonly allowOrigin: readonly string[];
  readonly trustProxy: boolean;
  readonly queueLimit: number;
  readonly queue?: string;
  readonly store?: string;
  readonly workers: number;
  readonly open: boolean;
  readonly training: boolean;
  readonly device: RequestedDevice;
}

export function addServe(program: Command): void {
  program
    .command('serve')
    .description(t('브라우저에서 쓰는 서버를 엽니다', 'serve a page and an API'))
    .addOption(modelOption())
    .addOption(studentOption())
    .option('--host <address>', t('들을 주소', 'address to listen on'), '127.0.0.1')
    .option('--port <n>', t('포트 (0이면 빈 포트)', 'port (0: any free one)'), wholeNumber(0), 7860)
    .option('--data <folder>', t('작업과 그림을 둘 폴더', 'where jobs and pictures are kept'), 'data')
    .option('--runs <folder>', t('학습 폴더들이 있는 곳', 'where runs are'), 'runs')
    .option('--results <folder>', t('평가 결과가 있는 곳', 'where results of evaluations are'), 'out')
    .option('--corpora <folder>', t('말뭉치가 있는 곳', 'where corpora are'), 'corpus')
    .option('--experiments <folder>', t('실험 파일이 있는 곳', 'where experiments are'), 'experiments')
    .option(
      '--api-key <key>',
      t('요청마다 요구할 키 (환경 변수 KSD_API_KEY로도)', 'key that requests must carry (or KSD_API_KEY)'),
    )
    .option(
      '--no-key',
      t('다른 기기에 열면서 키를 요구하지 않음', 'ask for no key although others can reach it'),
    )
    .option(
      '--allow-origin <origin>',
      t('API를 쓸 수 있는 다른 페이지 (CORS), 여러 번 쓸 수 있음', 'other page that may use the API (CORS)'),
      collect,
      [],
    )
    .option(
      '--trust-proxy',
      t(
        '앞에 선 리버스 프록시가 알려 주는 주소를 믿음 (X-Forwarded-Proto, X-Forwarded-Host)',
        'believe the reverse proxy before it on the address (X-Forwarded-Proto, X-Forwarded-Host)',
      ),
      false,
    )
    .option('--queue-limit <n>', t('기다릴 수 있는 작업 수', 'jobs that may wait'), wholeNumber(1), 32)
    .addOption(queueOption())
    .addOption(storeOption())
    .option(
      '--workers <n>',
      t(
        '이 기기에서 그리는 프로세스 수 (0이면 ksd worker에 맡김)',
        'processes that draw here (0: ksd worker does)',
      ),
      wholeNumber(0),
      1,
    )
    .option('--no-training', t('서버에서 학습을 시작하지 못하게 함', 'no runs are started here'))
    .option('--no-open', t('브라우저를 열지 않음', 'do not open a browser'))
    .addOption(deviceOption())
    .addHelpText(
      'after',
      examples(
        [t('내장 모델로 바로 시작', 'at once, with the packaged model'), 'ksd serve'],
        [
          t('내 모델과 내 학생으로', 'with a model and a student of yours'),
          'ksd serve --model ~/models/stable-diffusion-v1-4 --student runs/roberta',
        ],
        [
          t('다른 기기에서도 쓰게', 'for other machines, too'),
          'KSD_API_KEY=... ksd serve --host 0.0.0.0 --no-open',
        ],
        [
          t(
            '그리기는 ksd worker를 돌리는 기기들에 맡기고',
            'with the drawing left to machines that run ksd worker',
          ),
          'ksd serve --queue redis://10.0.0.1:6379 --store /mnt/ksd --workers 0',
        ],
        [
          t('HTTPS 리버스 프록시 뒤에서', 'behind a reverse proxy with HTTPS'),
          'KSD_API_KEY=... ksd serve --trust-proxy --no-open',
        ],
      ),
    )
    .action(serve);
}

async function serve(options: Options): Promise<void> {
  const { model, student, host, port, data, device, allowOrigin, trustProxy, queueLimit, training } = options;
  const apiKey = keyOf(options);
  checkWorkers(options);
  process.stderr.write(`${t('모델을 여는 중…', 'opening the model…')}\n`);
  const server = await startServer({
    ...{ models: model, students: student, host, port, data, device, training, trustProxy },
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(options.queue === undefined ? {} : { queue: options.queue }),
    ...(options.store === undefined ? {} : { store: options.store }),
    workers: options.workers,
    origins: allowOrigin,
    limits: { queue: queueLimit },
    log: (text) => process.stderr.write(`⚠ ${text}\n`),
    plugins: [
      (app, { stopping }) =>
        workbenchRoutes(app, {
          runsFolder: options.runs,
          experimentsFolder: options.experiments,
          corporaFolder: options.corpora,
          resultsFolder: options.results,
          roots: [join(packageRoot(), 'models'), ...model],
          ...{ training, device, signal: stopping },
          onProblem: (error) => process.stderr.write(`⚠ ${String(error)}\n`),
        }),
    ],
  });
  announce(await server.services.system(), server.url);
  if (options.open) openBrowser(server.url);
  await untilInterrupted(
    server,
    t(
      '그리던 그림을 마치고 끝냅니다. 한 번 더 누르면 바로 끝냅니다.',
      'Ends when the picture in work is done; once more ends at once.',
    ),
  );
}

/** Throws ConfigError where others could use the server without a key and nobody said that they may. */
function keyOf({ apiKey = process.env['KSD_API_KEY'], key, host, trustProxy }: Options): string | undefined {
  if (apiKey !== undefined && apiKey !== '') return apiKey;
  if (!key || (isLocalHost(host) && !trustProxy)) return undefined;
  throw new ConfigError(
    t(
      `${trustProxy ? '프록시를 거쳐' : `${host}에 열면`} 다른 기기도 이 서버를 쓸 수 있는데 키가 없습니다.`,
      `${trustProxy ? 'Through a proxy' : `On ${host}`} other machines can use this server, and it has no key.`,
    ),
    t(
      '--api-key로 키를 정하거나, 누구나 써도 된다면 --no-key를 붙이세요.',
      'Give one with --api-key, or say --no-key if anybody may.',
    ),
  );
}

/** Throws ConfigError where nobody would draw. */
function checkWorkers({ queue, workers }: Options): void {
  if (workers > 0 || queue !== undefined) return;
  throw new ConfigError(
    t('--workers 0이면 그릴 프로세스가 없습니다.', 'With --workers 0 nobody draws.'),
    t('--queue로 ksd worker와 작업을 나누세요.', 'Share the jobs with ksd worker by --queue.'),
  );
}

/** Where there is no browser, the address is on the terminal all the same. */
function openBrowser(url: string): void {
  const [command, ...args] = openers[process.platform] ?? ['xdg-open'];
  const child = spawn(command as string, [...args, url], { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}

const openers: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};
