/**
 * The HTTP server put together: security first, then the routes. What each group answers stands in routes/ and compat/.
 */
import { join } from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { packageRoot } from '../../checkpoint/packageRoot.ts';
import { automatic1111Routes } from '../compat/automatic1111.ts';
import { openaiRoutes } from '../compat/openai.ts';
import type { Services } from '../services.ts';
import { addDocs } from './docs.ts';
import type { Metrics } from './metrics.ts';
import { addPage } from './page.ts';
import { addProblems } from './problems.ts';
import { jobRoutes } from './routes/jobs.ts';
import { pictureRoutes } from './routes/pictures.ts';
import { systemRoutes } from './routes/system.ts';
import { addSecurity, type SecurityOptions } from './security.ts';
import type { App } from './types.ts';

export interface AppOptions {
  readonly services: Services;
  readonly security: SecurityOptions;
  readonly metrics: Metrics;
  readonly version: string;
  /** Whether X-Forwarded-Proto and X-Forwarded-Host are believed; false by default. */
  readonly trustProxy?: boolean;
  /** Folder of the page that was built; the package's own by default. */
  readonly page?: string;
  /** More routes, in the order in which they are registered. */
  readonly plugins?: readonly ((app: App) => void | Promise<void>)[];
  /** Hears of defects of ours. */
  readonly onDefect: (error: unknown, where: string) => void;
}

export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { services, security, metrics, version, trustProxy = false, onDefect } = options;
  const app = fastify({
    trustProxy,
    bodyLimit: services.limits.bodyBytes,
    // Who sends a request for longer than this holds a connection for nothing.
    requestTimeout: 120_000,
    forceCloseConnections: true,
  });
  app.setValidatorCompiler(validatorCompiler).setSerializerCompiler(serializerCompiler);
  addProblems(app, onDefect);
  await addSecurity(app, security);
  await addDocs(app, version);
  metrics.serve(app);
  // Anything that a form of another page could send as text is no request.
  app.removeContentTypeParser('text/plain');
  app.addContentTypeParser('image/png', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
  await app.register(async (scope) => {
    const routes = scope.withTypeProvider<ZodTypeProvider>();
    jobRoutes(routes, services);
    pictureRoutes(routes, services);
    systemRoutes(routes, services);
    automatic1111Routes(routes, services);
    await openaiRoutes(routes, services, onDefect);
    for (const plugin of options.plugins ?? []) await plugin(routes);
  });
  await addPage(app, options.page ?? join(packageRoot(), 'dist', 'web'));
  return app;
}
