/**
 * Training in several processes, as the command line sees it: starts this command again as several processes of this
 * machine, by Open MPI's mpirun, and says how many there are.
 *
 * mpirun itself gives its processes one second from Ctrl-C to their end, too short for a step and a checkpoint. So a
 * terminal's Ctrl-C does not reach it: it gets SIGUSR2, which it passes on, and the processes end by themselves.
 */
import { spawn } from 'node:child_process';
import { systemCode } from '../checkpoint/file.ts';
import { type Launch, threadsOf } from '../distillation/parallel/launch.ts';
import { underMpirun } from '../distillation/parallel/mpirun.ts';
import { RuntimeError } from '../errors.ts';
import { exitStatus } from './failure.ts';
import { t } from './messages.ts';

/** Runs the command in `count` processes to its end; returns its exit status. Throws RuntimeError if there is no mpirun. */
export async function startProcesses(count: number): Promise<number> {
  const [command, ...options] = underMpirun(count);
  // In a process group of its own, which the terminal's Ctrl-C does not reach.
  const child = spawn(command, [...options, process.execPath, ...process.argv.slice(1)], {
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  });
  let asked = false;
  const stop = () => {
    child.kill(asked ? 'SIGTERM' : 'SIGUSR2');
    asked = true;
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, stop);
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(systemCode(cause) === 'ENOENT' ? missing(cause) : cause));
    child.once('exit', (status) => resolve(status ?? exitStatus.failed));
  });
}

function missing(cause: unknown): RuntimeError {
  return new RuntimeError(
    'There is no mpirun, which starts several processes.',
    'Install Open MPI (Debian: apt-get install openmpi-bin), or train in one process.',
    { cause },
  );
}

/** On stderr. */
export function sayProcesses(launch: Pick<Launch, 'size' | 'localSize' | 'bound'>): void {
  const { size } = launch;
  const threads = threadsOf(launch);
  process.stderr.write(
    `${t(
      `프로세스 ${size}개가 나누어 학습합니다 (이 컴퓨터에서는 하나에 스레드 ${threads}개씩)`,
      `${size} processes share the training (on this machine with ${threads} threads each)`,
    )}\n`,
  );
}
