/**
 * `/metrics` for Prometheus.
 */
import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { JobQueue } from '../jobs/queue.ts';

export interface Metrics {
  /** A job of a kind has ended, after so many seconds of work. */
  jobEnded(kind: string, state: 'done' | 'failed' | 'cancelled', seconds: number): void;
  /** Counts requests, and answers at /metrics. */
  serve(app: FastifyInstance): void;
}

export interface MetricsSources {
  readonly queue: JobQueue;
  /** How often a process that draws had to be started again. */
  readonly restarts: () => number;
}

const seconds = [0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

export function createMetrics({ queue, restarts }: MetricsSources): Metrics {
  const registers = [new Registry()] as const;
  const [registry] = registers;
  collectDefaultMetrics({ register: registry });
  const jobs = new Histogram({
    name: 'ksd_job_seconds',
    help: 'Seconds of work on jobs that have ended',
    labelNames: ['kind', 'state'],
    buckets: seconds,
    registers: [registry],
  });
  const requests = new Histogram({
    name: 'ksd_http_request_seconds',
    help: 'Seconds until a request was answered',
    labelNames: ['method', 'route', 'status'],
    buckets: seconds,
    registers: [registry],
  });
  new Gauge({
    name: 'ksd_jobs',
    help: 'Jobs that wait or run',
    labelNames: ['state'],
    registers: [registry],
    async collect() {
      const stats = await queue.stats().catch(() => undefined);
      // A queue that is away leaves its two numbers out, not all others, too.
      this.reset();
      if (!stats) return;
      const { queued, running } = stats;
      this.set({ state: 'queued' }, queued);
      this.set({ state: 'running' }, running);
    },
  });
  new Counter({
    name: 'ksd_worker_restarts_total',
    help: 'Processes that draw and had to be started again',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(restarts());
    },
  });
  return {
    jobEnded: (kind, state, took) => jobs.observe({ kind, state }, took),
    serve(app) {
      app.addHook('onResponse', async ({ method, routeOptions }, reply) => {
        // The route, not the address: ids would make a series each.
        const labels = { method, route: routeOptions.url ?? 'none', status: reply.statusCode };
        requests.observe(labels, reply.elapsedTime / 1000);
      });
      app.get('/metrics', { schema: { tags: ['system'], summary: 'Prometheus' } }, async (_, reply) =>
        reply.type(registry.contentType).send(await registry.metrics()),
      );
    },
  };
}
