/**
 * Keeps a process that draws: starts it, starts another where it has died, with a pause that grows while it keeps dying.
 */

import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../../checkpoint/packageRoot.ts';
import { KsdError } from '../../errors.ts';
import { type GeneratorProcess, startGeneratorProcess } from '../../process/generatorProcess.ts';
import type { DrawingEvent, DrawingTask } from './task.ts';

/** The process that drew died. Whatever it was doing may be tried again in a new one. */
export class WorkerDiedError extends KsdError {
  constructor(status: number | null, signal: NodeJS.Signals | null) {
    super(
      'INTERRUPTED',
      `The process that draws ended ${signal ? `by ${signal}` : `with status ${status}`}.`,
      'If memory was short, ask for a smaller picture or fewer at once.',
    );
  }
}

export interface DrawingWorker {
  /** The events of one task. Throws WorkerDiedError if the process dies, and what the drawing throws. */
  run(task: DrawingTask, signal: AbortSignal): AsyncGenerator<DrawingEvent, void, void>;
  readonly pid: number | undefined;
  /** How often the process had to be started again. */
  readonly restarts: number;
  /** It has not died again and again: the next task will find one. */
  healthy(): boolean;
  close(): Promise<void>;
}

/** Milliseconds before a process is started that follows on one, two, three ... that died at once. */
const pauses = [250, 1000, 4000, 15_000] as const;

/** Only compiled code can be forked: where this runs as TypeScript (in tests), that of the last build is. */
const module = import.meta.url.endsWith('.ts')
  ? join(packageRoot(), 'dist', 'server', 'drawing', 'worker.js')
  : fileURLToPath(new URL('./worker.js', import.meta.url));

export function createDrawingWorker(): DrawingWorker {
  let current: GeneratorProcess<DrawingTask, DrawingEvent> | undefined;
  let started = 0;
  /** Deaths since a task came to its end. */
  let deaths = 0;

  async function ready(signal: AbortSignal): Promise<GeneratorProcess<DrawingTask, DrawingEvent>> {
    if (current?.alive()) return current;
    if (deaths > 0) await pause(pauses[Math.min(deaths, pauses.length) - 1], undefined, { signal });
    started++;
    current = startGeneratorProcess<DrawingTask, DrawingEvent>(
      module,
      (status, by) => new WorkerDiedError(status, by),
    );
    return current;
  }

  return {
    get pid() {
      return current?.pid;
    },
    get restarts() {
      return Math.max(0, started - 1);
    },
    healthy: () => deaths < pauses.length - 1,
    async *run(task, signal) {
      const process = await ready(signal);
      try {
        yield* process.run(task, signal);
        deaths = 0;
      } catch (error) {
        if (error instanceof WorkerDiedError) deaths++;
        throw error;
      }
    },
    async close() {
      await current?.close();
    },
  };
}
