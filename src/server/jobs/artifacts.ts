/**
 * Files that belong to a job and go with it: previews of a comparison, the page of a diagnosis. Names are made here, of
 * numbers only: nothing that a request says is part of a path.
 */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../checkpoint/atomic.ts';
import { systemCode } from '../../checkpoint/file.ts';
import { NotFoundError } from '../errors.ts';
import { idPattern } from '../ids.ts';

/** Which file of a job. */
export type ArtifactName = { readonly column: number; readonly step: number } | 'report';

export interface Artifacts {
  write(job: string, name: ArtifactName, bytes: string | Uint8Array): Promise<void>;
  read(job: string, name: ArtifactName): Promise<Uint8Array | undefined>;
  removeAll(job: string): Promise<void>;
}

export function localArtifacts(folder: string): Artifacts {
  const folderOf = (job: string) => {
    if (!idPattern.test(job)) throw new NotFoundError('There is no such job.', 'Check its id.');
    return join(folder, job);
  };
  return {
    write: (job, name, bytes) => writeFileAtomic(join(folderOf(job), fileName(name)), bytes),
    read: (job, name) =>
      readFile(join(folderOf(job), fileName(name))).catch((error) => {
        if (systemCode(error) === 'ENOENT') return undefined;
        throw error;
      }),
    removeAll: (job) => rm(folderOf(job), { recursive: true, force: true }),
  };
}

function fileName(name: ArtifactName): string {
  return name === 'report'
    ? 'report.html'
    : `preview-${Math.trunc(name.column)}-${Math.trunc(name.step)}.png`;
}
