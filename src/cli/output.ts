/**
 * Writing results where the user asked for them, without losing what is there already.
 */
import { readdir } from 'node:fs/promises';
import { systemCode, unreadable } from '../checkpoint/file.ts';
import { CheckpointError } from '../errors.ts';

/**
 * Makes sure that replacing `folder` by files called `names` deletes nothing else.
 * Throws CheckpointError naming what would be lost.
 */
export async function refuseOthers(folder: string, names: readonly string[]): Promise<void> {
  const present = await readdir(folder).catch((cause) => {
    if (systemCode(cause) === 'ENOENT') return [];
    throw unreadable(folder, cause);
  });
  const other = present.find((name) => !names.includes(name));
  if (other === undefined) return;
  throw new CheckpointError(
    `${folder} holds ${other}, which writing there would delete.`,
    'Give a new folder, or one that an earlier run of this command wrote.',
  );
}
