/**
 * The workbench behind an app as small as can be: for the tests of this folder. Nothing but tests may import this.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify, { type FastifyInstance } from 'fastify';
import {
  hasZodFastifySchemaValidationErrors,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod';
import { onTestFinished } from 'vitest';
import { packageRoot } from '../../checkpoint/packageRoot.ts';
import { KsdError } from '../../errors.ts';
import { FieldError } from '../errors.ts';
import type { WorkbenchOptions } from './options.ts';
import { workbenchRoutes } from './routes.ts';

export const models = join(packageRoot(), 'models');

const statuses: Readonly<Record<string, number>> = {
  INPUT: 422,
  NOT_FOUND: 404,
  CONFLICT: 409,
  NO_TRAINING: 403,
  STOPPING: 503,
};

export interface Workbench {
  readonly app: FastifyInstance;
  readonly options: WorkbenchOptions;
  /** The body of an answer with this status; throws for another one. */
  get<Body>(url: string, status?: number): Promise<Body>;
  post<Body>(url: string, body?: object, status?: number): Promise<Body>;
}

/** With empty folders, in `root` if there is one already. */
export async function workbench(change: Partial<WorkbenchOptions> = {}, root?: string): Promise<Workbench> {
  const folder = root ?? (await temporaryFolder());
  const made = (name: string) => join(folder, name);
  const options: WorkbenchOptions = {
    runsFolder: made('runs'),
    experimentsFolder: made('experiments'),
    corporaFolder: made('corpora'),
    resultsFolder: made('results'),
    roots: [models],
    training: true,
    device: 'cpu',
    signal: new AbortController().signal,
    ...change,
  };
  for (const name of ['runs', 'experiments', 'corpora', 'results'])
    await mkdir(made(name), { recursive: true });
  const app = Fastify();
  onTestFinished(() => app.close());
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error, _, reply) => {
    if (hasZodFastifySchemaValidationErrors(error)) return reply.code(422).send({ code: 'INPUT' });
    if (!(error instanceof KsdError)) return reply.code(500).send({ title: (error as Error).message });
    const { code, problem, remedy } = error;
    const field = error instanceof FieldError ? { field: error.field } : {};
    return reply.code(statuses[code] ?? 500).send({ code, title: problem, detail: remedy, ...field });
  });
  await app.register(workbenchRoutes, options);
  const answer = async (method: 'GET' | 'POST', url: string, status: number, payload?: object) => {
    const response = await app.inject({ method, url, ...(payload ? { payload } : {}) });
    if (response.statusCode === status) return response.json();
    throw new Error(`${method} ${url}: ${response.statusCode} ${response.body}`);
  };
  return {
    app,
    options,
    get: (url, status = 200) => answer('GET', url, status),
    post: (url, body, status = 202) => answer('POST', url, status, body),
  };
}

/** An empty folder that is removed with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ksd-workbench-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}
