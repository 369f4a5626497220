/**
 * Files that belong to a job and go with it: previews of a comparison, the page of a diagnosis. Names are made here, of
 * numbers only: nothing that a request says is part of a path.
 */
import { NotFoundError } from '../errors.ts';
import { idPattern } from '../ids.ts';
import type { Store } from '../store/store.ts';

/** Which file of a job. */
export type ArtifactName = { readonly column: number; readonly step: number } | 'report';

export interface Artifacts {
  write(job: string, name: ArtifactName, bytes: string | Uint8Array): Promise<void>;
  read(job: string, name: ArtifactName): Promise<Uint8Array | undefined>;
  removeAll(job: string): Promise<void>;
}

export function openArtifacts(store: Store): Artifacts {
  const folderOf = (job: string) => {
    if (!idPattern.test(job)) throw new NotFoundError('There is no such job.', 'Check its id.');
    return `artifacts/${job}`;
  };
  return {
    write: (job, name, bytes) => store.write(folderOf(job), fileName(name), bytes),
    read: (job, name) => store.read(folderOf(job), fileName(name)),
    removeAll: (job) => store.removeAll(folderOf(job)),
  };
}

function fileName(name: ArtifactName): string {
  return name === 'report'
    ? 'report.html'
    : `preview-${Math.trunc(name.column)}-${Math.trunc(name.step)}.png`;
}
