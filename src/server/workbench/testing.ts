/**
 * The workbench behind an app as small as can be: for the tests of this folder. Nothing but tests may import this.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify, { type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { expect, onTestFinished } from 'vitest';
import { packageRoot } from '../../checkpoint/packageRoot.ts';
import { addProblems } from '../http/problems.ts';
import type { WorkbenchOptions } from './options.ts';
import { workbenchRoutes } from './routes.ts';

export const models = join(packageRoot(), 'models');

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
  const defects: unknown[] = [];
  const options: WorkbenchOptions = {
    runsFolder: made('runs'),
    experimentsFolder: made('experiments'),
    corporaFolder: made('corpora'),
    resultsFolder: made('results'),
    roots: [models],
    training: true,
    device: 'cpu',
    signal: new AbortController().signal,
    onProblem: (error) => defects.push(error),
    ...change,
  };
  for (const name of ['runs', 'experiments', 'corpora', 'results'])
    await mkdir(made(name), { recursive: true });
  const app = Fastify();
  onTestFinished(async () => {
    await app.close();
    expect(defects).toEqual([]);
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  addProblems(app, (error) => defects.push(error));
  await app.register(async (scope) => workbenchRoutes(scope.withTypeProvider<ZodTypeProvider>(), options));
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
