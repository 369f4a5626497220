/**
 * What this server takes at most. Checked where a request is accepted; GET /api/system tells them.
 */
export interface Limits {
  /** Of one picture. */
  readonly pixels: number;
  readonly steps: number;
  /** Pictures of a job. */
  readonly count: number;
  /** Characters. */
  readonly promptLength: number;
  readonly bodyBytes: number;
  /** Jobs that may wait. */
  readonly queue: number;
}

export const usualLimits: Limits = {
  pixels: 2 ** 20,
  steps: 150,
  count: 16,
  promptLength: 4000,
  bodyBytes: 32 * 2 ** 20,
  queue: 32,
};

/** Pictures that are sent may be so many times larger than those that are drawn: they are shrunk. */
export const largerUploads = 4;
