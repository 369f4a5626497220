/**
 * A measured process of its own, so that its memory is its own: answers each line with a line of JSON.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface Worker {
  /** The next line that the process says by itself. Throws if it ended. */
  answer<T>(): Promise<T>;
  /** Its answer to a line. */
  ask<T>(line: string): Promise<T>;
  stop(): void;
}

export function startWorker(command: string, args: readonly string[]): Worker {
  const process = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
  const answer = async <T>(): Promise<T> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`The measured process ${command} ${args[0]} ended early.`);
    return JSON.parse(value) as T;
  };
  return {
    answer,
    ask: (line) => {
      process.stdin.write(`${line}\n`);
      return answer();
    },
    stop: () => process.stdin.end(),
  };
}

/** The Python to compare with; PYTHON names another one. */
export const python = process.env['PYTHON'] ?? '/usr/bin/python3';
