/**
 * What `ksd serve` and `ksd worker` say when they begin, and how Ctrl-C ends them.
 */
import { onInterrupt } from './interrupt.ts';
import { t } from './messages.ts';

interface Named {
  readonly name: string;
}

export interface Served {
  readonly device: string;
  readonly models: readonly Named[];
  readonly students: readonly Named[];
}

/** `ready` goes to stdout, for programs. */
export function announce({ device, models, students }: Served, ready: string): void {
  const names = (all: readonly Named[]) => all.map(({ name }) => name).join(', ');
  process.stderr.write(`${t('장치', 'device')}: ${device}\n`);
  process.stderr.write(`${t('모델', 'models')}: ${names(models)}\n`);
  if (students.length > 0) process.stderr.write(`${t('학생', 'students')}: ${names(students)}\n`);
  console.log(ready);
  process.stderr.write(`${t('Ctrl-C로 끝냅니다', 'Ctrl-C stops it')}\n`);
}

/** Until the first Ctrl-C, which says `ending`, and what stops then is done; the second ends at once. */
export function untilInterrupted(running: { stop(): Promise<unknown> }, ending: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    onInterrupt(() => {
      process.stderr.write(`${ending}\n`);
      running.stop().then(resolve, reject);
    });
  });
}
