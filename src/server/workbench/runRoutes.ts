/**
 * Routes that show runs.
 */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { tailMetrics } from '../../distillation/metricsTail.ts';
import * as contract from '../contract/workbench.ts';
import { sendEvents } from '../http/sse.ts';
import type { App } from '../http/types.ts';
import { runEvents } from './follow.ts';
import { type Entry, entryNamed, missing } from './names.ts';
import type { WorkbenchOptions } from './options.ts';
import { isRun, runOf, runsIn, samplesOf, summaryOf } from './runs.ts';
import type { RunSupervisor } from './supervisor.ts';

const named = z.object({ name: z.string() });

export function runRoutes(
  app: App,
  { runsFolder, signal }: WorkbenchOptions,
  supervisor: RunSupervisor,
): void {
  const { own } = supervisor;

  app.get(
    '/api/runs',
    { schema: { response: { 200: z.object({ runs: z.array(contract.runSummary) }) } } },
    async () => ({
      runs: await runsIn(runsFolder, own),
    }),
  );

  app.get(
    '/api/runs/:name',
    { schema: { params: named, response: { 200: contract.run } } },
    async ({ params }) => {
      const run = await runNamed(runsFolder, params.name);
      const { metrics } = await tailMetrics(run.path).read();
      return runOf(await summaryOf(run, own), run.path, metrics);
    },
  );

  app.get('/api/runs/:name/events', { schema: { params: named } }, async ({ params }, reply) => {
    const run = await runNamed(runsFolder, params.name);
    return sendEvents(reply, (gone) => runEvents(run, own, AbortSignal.any([gone, signal])));
  });

  app.get(
    '/api/runs/:name/samples/:epoch.png',
    { schema: { params: named.extend({ epoch: z.coerce.number() }) } },
    async ({ params }, reply) => {
      const run = await runNamed(runsFolder, params.name);
      const epoch = (await samplesOf(run.path)).find((one) => one === params.epoch);
      if (epoch === undefined) throw missing(`sample grid of epoch ${params.epoch}`);
      return reply.type('image/png').send(createReadStream(join(run.path, 'samples', `${epoch}.png`)));
    },
  );
}

/** Throws NotFoundError if the folder holds no such run. */
export async function runNamed(folder: string, name: string): Promise<Entry> {
  const run = await entryNamed(folder, name);
  if (run === undefined || !(await isRun(run))) throw missing(`run ${name}`);
  return run;
}
