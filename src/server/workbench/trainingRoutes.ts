/**
 * Routes that start, stop and rehearse trainings.
 */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { z } from 'zod';
import { KsdError } from '../../errors.ts';
import * as contract from '../contract/workbench.ts';
import { FieldError, StoppingError } from '../errors.ts';
import { hangUp } from '../http/hangUp.ts';
import type { App } from '../http/types.ts';
import { readExperimentText } from './experimentText.ts';
import { launchRuns, oneAtATime } from './launch.ts';
import { type Entry, entriesOf } from './names.ts';
import type { WorkbenchOptions } from './options.ts';
import { rehearseInProcess } from './rehearsal.ts';
import { runNamed } from './runRoutes.ts';
import { summaryOf } from './runs.ts';
import type { RunSupervisor } from './supervisor.ts';

const named = z.object({ name: z.string() });

/** An experiment is short; one with thousands of sample prompts fits. */
const body = z.object({ text: z.string().max(200_000) });

export function trainingRoutes(app: App, options: WorkbenchOptions, supervisor: RunSupervisor): void {
  const { runsFolder, experimentsFolder, device, signal } = options;
  const launcher = launchRuns(runsFolder, supervisor);
  const rehearsing = oneAtATime();
  const read = (experiment: string) =>
    readExperimentText(experiment, { folder: experimentsFolder, roots: rootsOf(options) });
  const changing = (run: Entry) => summaryOf(run, supervisor.own);
  const accepted = { 202: contract.runSummary };

  app.get(
    '/api/experiments',
    {
      schema: {
        response: {
          200: z.object({ experiments: z.array(z.object({ name: z.string(), text: z.string() })) }),
        },
      },
    },
    async () => ({ experiments: await experimentsIn(experimentsFolder) }),
  );

  app.post(
    '/api/experiments/check',
    { schema: { body, response: { 200: contract.estimate } } },
    async (request, reply) => {
      refuseWithout(options.training);
      const experiment = await read(request.body.text);
      const until = AbortSignal.any([hangUp(reply), signal]);
      return rehearsing(() => rehearseInProcess(experiment, device, until)).catch((error) => {
        // Where the client has gone, nobody hears it.
        if (until.aborted) throw new StoppingError();
        throw error instanceof KsdError ? unfit(error) : error;
      });
    },
  );

  app.post('/api/runs', { schema: { body, response: accepted } }, async (request, reply) => {
    refuseWithout(options.training);
    const run = await launcher.begin(await read(request.body.text));
    return reply.code(202).send(await changing(run));
  });

  for (const action of ['stop', 'resume'] as const) {
    app.post(
      `/api/runs/:name/${action}`,
      { schema: { params: named, response: accepted } },
      async ({ params }, reply) => {
        refuseWithout(options.training);
        const run = await runNamed(runsFolder, params.name);
        await launcher[action](run);
        return reply.code(202).send(await changing(run));
      },
    );
  }
}

function rootsOf({ runsFolder, experimentsFolder, corporaFolder, resultsFolder, roots }: WorkbenchOptions) {
  return [runsFolder, experimentsFolder, corporaFolder, resultsFolder, ...roots];
}

async function experimentsIn(folder: string): Promise<{ name: string; text: string }[]> {
  const files = (await entriesOf(folder)).filter(({ name }) => /\.ya?ml$/i.test(name));
  return Promise.all(
    files.map(async ({ name, path }) => ({
      name: name.slice(0, -extname(name).length),
      text: await readFile(path, 'utf8'),
    })),
  );
}

function refuseWithout(training: boolean): void {
  if (training) return;
  throw new KsdError('FORBIDDEN', 'This server trains nothing.', 'Start it without --no-training.');
}

/** Of an experiment that is well written but cannot be run: no field of it alone is wrong. */
function unfit(error: KsdError): FieldError {
  return new FieldError('text', error.problem, error.remedy, { cause: error });
}
