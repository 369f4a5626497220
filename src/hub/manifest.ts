/**
 * What a pulled folder remembers: where its files came from. By it a later pull knows which files are its own to replace.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { readJson, writeJson } from '../checkpoint/json.ts';

export const manifestName = '.ksd-pull.json';

const schema = z.object({
  repo: z.string(),
  revision: z.string(),
  commit: z.string(),
  /** Whether everything below is there. */
  complete: z.boolean(),
  files: z.record(
    z.string(),
    z.object({
      commit: z.string(),
      size: z.number(),
      checksum: z.object({ algorithm: z.enum(['sha256', 'git-sha1']), digest: z.string() }),
    }),
  ),
});

export type Manifest = Readonly<z.infer<typeof schema>>;

/** Undefined where there is none that can be read. */
export async function readManifest(folder: string): Promise<Manifest | undefined> {
  const json = await readJson(join(folder, manifestName)).catch(() => undefined);
  return schema.safeParse(json).data;
}

export function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  return writeJson(join(folder, manifestName), manifest);
}
