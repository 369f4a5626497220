/**
 * Jobs on the disk: `<id>.json` each, written whole or not at all, and `<id>.pictures.json` for pictures that came with a
 * request, until the job ends. Knows no queue.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../../checkpoint/atomic.ts';
import { systemCode, unreadable } from '../../checkpoint/file.ts';
import { readJson, writeJson } from '../../checkpoint/json.ts';
import type { JobRequest } from '../contract/drawing.ts';
import { job } from '../contract/job.ts';
import { idPattern } from '../ids.ts';
import type { JobRecord } from './record.ts';
import { packPictures, withPictures } from './sentPictures.ts';

export interface Journal {
  write(record: JobRecord): Promise<void>;
  /** Keeps the pictures of a request, where it has any. */
  writePictures(id: string, request: JobRequest): Promise<void>;
  /** The request with its pictures. Throws if they are gone. */
  complete(record: JobRecord): Promise<JobRequest>;
  removePictures(id: string): Promise<void>;
  remove(id: string): Promise<void>;
}

const storedRecord = job
  .omit({ position: true, etaSeconds: true, progress: true })
  .extend({ attempts: z.int().min(0), hasPictures: z.boolean().optional() });

/**
 * All jobs of a folder, the oldest first; it is made where it is missing. `onDamaged` hears of files that are no jobs, which
 * are left as they are. Throws CheckpointError if the folder cannot be read.
 */
export async function openJournal(
  folder: string,
  onDamaged: (path: string) => void,
): Promise<{ journal: Journal; records: JobRecord[] }> {
  const names = await readdir(folder).catch((cause) => {
    if (systemCode(cause) === 'ENOENT') return [];
    throw unreadable(folder, cause);
  });
  const records: JobRecord[] = [];
  for (const name of names.sort()) {
    const id = name.slice(0, -'.json'.length);
    if (!name.endsWith('.json') || !idPattern.test(id)) continue;
    const read = storedRecord.safeParse(await readJson(join(folder, name)).catch(() => undefined));
    if (read.success && read.data.id === id) records.push(read.data as JobRecord);
    else onDamaged(join(folder, name));
  }
  return { journal: journalIn(folder), records };
}

function journalIn(folder: string): Journal {
  const recordPath = (id: string) => join(folder, `${id}.json`);
  const picturesPath = (id: string) => join(folder, `${id}.pictures.json`);
  const removePictures = (id: string) => rm(picturesPath(id), { force: true });
  return {
    write: (record) => writeJson(recordPath(record.id), record),
    async writePictures(id, request) {
      const packed = packPictures(request);
      if (packed !== undefined) await writeFileAtomic(picturesPath(id), packed);
    },
    async complete({ id, request, hasPictures: kept }) {
      return kept ? withPictures(request, await readFile(picturesPath(id), 'utf8')) : request;
    },
    removePictures,
    async remove(id) {
      await removePictures(id);
      await rm(recordPath(id), { force: true });
    },
  };
}
