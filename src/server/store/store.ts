/**
 * Where files of a server lie that several machines share: a folder, or a bucket. Members: folderStore.ts, s3Store.ts; each
 * falls under testing/conformance.ts. Knows nothing of what is in them.
 *
 * A file has a folder and a name, both made by us: nothing that a request says is part of them.
 */
export interface Store {
  /** Names of the files in a folder, in no order; none for a folder that is not there. */
  list(folder: string): Promise<string[]>;
  /** Undefined for a file that is not there. */
  read(folder: string, name: string): Promise<Uint8Array | undefined>;
  /** Whole or not at all, in the place of one that is there. Returns once it would survive a crash. */
  write(folder: string, name: string, content: string | Uint8Array): Promise<void>;
  /** Nothing happens if it is not there. */
  remove(folder: string, name: string): Promise<void>;
  removeAll(folder: string): Promise<void>;
  /** As whoever runs the server would look for it. */
  describe(folder: string, name: string): string;
}

/** `text` as JSON; undefined if it is none. */
export function parsed(bytes: Uint8Array | undefined): unknown {
  try {
    return bytes && JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}
