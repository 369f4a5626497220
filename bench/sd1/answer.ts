/** What ours.ts and plain.py say of one computation of a part. */
export interface Answer {
  readonly seconds: number;
  /** GiB. */
  readonly peak: number;
  readonly sample: readonly number[];
}

/** What ours.ts says besides. */
export interface OurAnswer extends Answer {
  /** Seconds of all cores together: other work on the machine changes them less. */
  readonly cpu: number;
}
