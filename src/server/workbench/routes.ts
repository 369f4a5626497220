/**
 * What researchers use of the server: runs, corpora, results. Everything is read from folders, so that what was made in a
 * terminal shows here too.
 */
import type { App } from '../http/types.ts';
import { corpusRoutes } from './corpusRoutes.ts';
import type { WorkbenchOptions } from './options.ts';
import { resultRoutes } from './resultRoutes.ts';
import { runRoutes } from './runRoutes.ts';
import { superviseRuns } from './supervisor.ts';
import { trainingRoutes } from './trainingRoutes.ts';

/** Closing the app stops a run that goes on here, with a checkpoint, and waits for that. */
export async function workbenchRoutes(app: App, options: WorkbenchOptions): Promise<void> {
  const closing = new AbortController();
  const signal = AbortSignal.any([options.signal, closing.signal]);
  const supervisor = superviseRuns({
    runsFolder: options.runsFolder,
    device: options.device,
    onError: options.onProblem,
  });
  signal.addEventListener('abort', () => void supervisor.close());
  app.addHook('preClose', async () => {
    closing.abort();
    await supervisor.close();
  });
  const running = { ...options, signal };
  runRoutes(app, running, supervisor);
  trainingRoutes(app, running, supervisor);
  corpusRoutes(app, running);
  resultRoutes(app, running);
}
