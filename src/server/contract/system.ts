/**
 * What this server is and has.
 *
 *   GET /api/system  -> System
 *   GET /health      -> { status: 'ok' } or 503 { status: 'stopping' | 'no worker' }
 *   GET /metrics     Prometheus
 */
import { z } from 'zod';

export const system = z.object({
  version: z.string(),
  device: z.string(),
  /** The first one is the default. */
  models: z.array(
    z.object({
      name: z.string(),
      /** Pixels of a side as it was trained, and of a latent. */
      side: z.int(),
      factor: z.int(),
      steps: z.int(),
      guidance: z.number(),
      scheduler: z.string(),
      /** Prompts to try. */
      examples: z.array(z.object({ ko: z.string(), en: z.string() })),
    }),
  ),
  /** The first one is the default; `none` is not listed. */
  students: z.array(z.object({ name: z.string(), description: z.string() })),
  samplers: z.array(z.object({ name: z.string(), title: z.string() })),
  limits: z.object({
    pixels: z.int(),
    steps: z.int(),
    count: z.int(),
    promptLength: z.int(),
    bodyBytes: z.int(),
    queue: z.int(),
  }),
  queue: z.object({ queued: z.int(), running: z.int(), workers: z.int() }),
  /** Can runs be started here (`ksd serve --no-training` forbids it)? */
  training: z.boolean(),
});

export type System = z.infer<typeof system>;
