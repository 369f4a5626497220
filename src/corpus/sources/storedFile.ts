/**
 * A file wherever it lies: on the disk, inside an archive, or cut into parts; as plain data that a worker can be given.
 *
 * Knows no archive format and no text format.
 */

/** A stretch of a file on the disk, in bytes. */
export interface Segment {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

/** Bytes of some stretches together. */
export function storedBytes(segments: readonly Segment[]): number {
  return segments.reduce((sum, { length }) => sum + length, 0);
}

export interface StoredFile {
  /** Where a person finds it: the path on the disk, then the path inside each archive, NFC, joined by `/`. */
  readonly path: string;
  /** Its bytes as stored are these stretches, in order. */
  readonly segments: readonly Segment[];
  /** How the bytes are packed: `deflate` is raw, as in a zip. */
  readonly packing: 'none' | 'deflate' | 'gzip';
  /** Bytes when unpacked; undefined where the packing does not tell. */
  readonly size: number | undefined;
  /** Names of the parts that it was joined from: for messages. */
  readonly parts?: readonly string[];
}

/** Many small files of one kind (AI Hub's one-JSON-per-sentence corpora), which are read together as one table. */
export interface SmallFileSet {
  /** The archive or folder that holds them, NFC. */
  readonly path: string;
  /** The folder's own name, which need not be NFC; undefined for an archive. */
  readonly folder?: string;
  readonly count: number;
  /** The zip that holds them, unpacked or in place; undefined for a folder on the disk. */
  readonly archive: StoredFile | undefined;
}

export interface SmallFile {
  /** Path inside the set, NFC. */
  readonly name: string;
  /** Empty where there is a problem. */
  readonly bytes: Buffer;
  /** Why it could not be read, though the others could. */
  readonly problem?: string;
}
