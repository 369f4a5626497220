/**
 * Routes of corpora.
 */
import { z } from 'zod';
import * as contract from '../contract/workbench.ts';
import type { App } from '../http/types.ts';
import { corporaIn } from './corpora.ts';
import { missing } from './names.ts';
import type { WorkbenchOptions } from './options.ts';

const named = z.object({ name: z.string() });

const page = z.object({
  query: z.string().max(1000).default(''),
  offset: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export function corpusRoutes(app: App, { corporaFolder }: WorkbenchOptions): void {
  const corpora = corporaIn(corporaFolder);
  app.addHook('onClose', () => corpora.close());

  app.get(
    '/api/corpora',
    { schema: { response: { 200: z.object({ corpora: z.array(contract.corpusSummary) }) } } },
    async () => ({ corpora: await corpora.list() }),
  );

  app.get(
    '/api/corpora/:name',
    { schema: { params: named, response: { 200: contract.corpus } } },
    async ({ params: { name } }) => {
      const corpus = await corpora.find(name);
      if (corpus === undefined) throw missing(`corpus ${name}`);
      return corpus;
    },
  );

  app.get(
    '/api/corpora/:name/pairs',
    {
      schema: {
        params: named,
        querystring: page,
        response: { 200: z.object({ pairs: z.array(contract.corpusPair), more: z.boolean() }) },
      },
    },
    async ({ params: { name }, query: { query, offset, limit } }) => {
      const text = query.trim();
      const found = await corpora.pairs(name, { ...(text ? { text } : {}), skip: offset, limit });
      if (found === undefined) throw missing(`corpus ${name}`);
      return found;
    },
  );
}
