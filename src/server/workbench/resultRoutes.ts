/**
 * Routes of results.
 */
import { createReadStream } from 'node:fs';
import { extname } from 'node:path';
import { z } from 'zod';
import * as contract from '../contract/workbench.ts';
import type { App } from '../http/types.ts';
import { missing } from './names.ts';
import type { WorkbenchOptions } from './options.ts';
import { fileOfResult, resultNamed, resultsIn } from './results.ts';

const named = z.object({ name: z.string() });

const contentTypes: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.html': 'text/html; charset=utf-8',
};

/** Reports and figures run nothing and load nothing: their pictures and styles are in them. */
const contentPolicy = "default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'; sandbox";

export function resultRoutes(app: App, { resultsFolder }: WorkbenchOptions): void {
  const listed = contract.result.pick({ name: true, createdAt: true });

  app.get(
    '/api/results',
    { schema: { response: { 200: z.object({ results: z.array(listed) }) } } },
    async () => ({ results: await resultsIn(resultsFolder) }),
  );

  app.get(
    '/api/results/:name',
    { schema: { params: named, response: { 200: contract.result } } },
    async ({ params: { name } }) => {
      const result = await resultNamed(resultsFolder, name);
      if (result === undefined) throw missing(`result ${name}`);
      return result;
    },
  );

  app.get(
    '/api/results/:name/:file',
    { schema: { params: named.extend({ file: z.string() }) } },
    async ({ params: { name, file } }, reply) => {
      const entry = await fileOfResult(resultsFolder, name, file);
      if (entry === undefined) throw missing(`file ${file} of the result ${name}`);
      return reply
        .type(contentTypes[extname(file)] as string)
        .header('content-security-policy', contentPolicy)
        .send(createReadStream(entry.path));
    },
  );
}
