/**
 * The pictures that came with a request: they are kept apart from the job, and only until it ends.
 */
import { z } from 'zod';
import type { JobRequest } from '../contract/drawing.ts';

const sent = z.object({ initImage: z.string().optional(), mask: z.string().optional() });

export function hasPictures(request: JobRequest): boolean {
  return request.kind === 'generate' && (request.initImage !== undefined || request.mask !== undefined);
}

export function withoutPictures(request: JobRequest): JobRequest {
  if (request.kind !== 'generate') return request;
  const { initImage: _, mask: __, ...rest } = request;
  return rest;
}

/** As they are kept; undefined if there are none. */
export function packPictures(request: JobRequest): string | undefined {
  if (request.kind !== 'generate' || !hasPictures(request)) return undefined;
  const { initImage, mask } = request;
  return JSON.stringify({ initImage, mask });
}

/** The request as it was sent. Throws where `packed` is not what `packPictures` gave. */
export function withPictures(request: JobRequest, packed: string): JobRequest {
  const { initImage, mask } = sent.parse(JSON.parse(packed));
  return { ...request, ...(initImage ? { initImage } : {}), ...(mask ? { mask } : {}) } as JobRequest;
}
