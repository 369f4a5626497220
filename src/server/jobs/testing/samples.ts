/**
 * Requests and results that stand for any.
 */
import type { GenerateRequest } from '../../contract/drawing.ts';
import type { JobFailure, JobResult } from '../../contract/job.ts';

export function request(prompt = 'a red apple', more: Partial<GenerateRequest> = {}): GenerateRequest {
  return { kind: 'generate', prompt, negativePrompt: '', count: 1, previewEvery: 1, ...more };
}

export const result: JobResult = { kind: 'generate', pictures: [], warnings: [] };

export const failure: JobFailure = { code: 'INPUT', problem: 'It is wrong.', remedy: 'Make it right.' };

export const never = new AbortController().signal;
