/**
 * Measuring in a process of its own, so that memory is counted apart and several can take turns.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface Answer {
  readonly seconds: number;
  /** Seconds of all cores together: other work on the machine changes them less. */
  readonly cpu: number;
  /** GiB. */
  readonly peak: number;
  readonly sample: readonly number[];
}

/** A process that answers each line with a line of JSON. */
export class Worker {
  private readonly process: ChildProcess;
  private readonly lines: AsyncIterator<string>;

  constructor(command: string, args: readonly string[]) {
    this.process = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.process.stdout! })[Symbol.asyncIterator]();
  }

  async answer<T>(): Promise<T> {
    const { value, done } = await this.lines.next();
    if (done) throw new Error('A measured process ended early.');
    return JSON.parse(value) as T;
  }

  ask(part: string): Promise<Answer> {
    this.process.stdin!.write(`${part}\n`);
    return this.answer<Answer>();
  }

  stop(): void {
    this.process.stdin!.end();
  }
}
