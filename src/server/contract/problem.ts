/**
 * How every error is told: RFC 9457, application/problem+json.
 *
 * 401 no or a wrong API key; 403 another origin; 404; 409 the state forbids it; 413 a body too large; 422 a field that
 * cannot be served (`field`); 429 with Retry-After; 503 while stopping, or
 * while the queue of jobs is out of reach.
 */
import { z } from 'zod';

export const problem = z.object({
  status: z.int(),
  /** Stable, for programs. */
  code: z.string(),
  /** What is wrong. */
  title: z.string(),
  /** What to do about it. */
  detail: z.string(),
  /** Path of the field of the request, for example `steps` or `training.epochs`. */
  field: z.string().optional(),
});

export type Problem = z.infer<typeof problem>;
