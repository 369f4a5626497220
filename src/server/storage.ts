/**
 * Where jobs and pictures are kept: on this machine, or where several machines share them. What only they need is loaded only
 * then.
 */
import { join } from 'node:path';
import { ConfigError } from '../errors.ts';
import type { Gallery } from './gallery/gallery.ts';
import { openGallery } from './gallery/storedGallery.ts';
import { newId } from './ids.ts';
import { type Artifacts, openArtifacts } from './jobs/artifacts.ts';
import { openLocalQueue } from './jobs/localQueue.ts';
import type { JobQueue } from './jobs/queue.ts';
import type { RedisQueue } from './jobs/redisQueue.ts';
import { folderStore } from './store/folderStore.ts';
import type { Store } from './store/store.ts';

export interface StorageOptions {
  /** Folder of all that is kept on this machine. */
  readonly data: string;
  /** redis://...: jobs are shared with other processes; this machine keeps them by default. */
  readonly queue?: string;
  /** Folder or s3://...: where pictures are kept; `data` by default. */
  readonly store?: string;
  /** Jobs that may wait. */
  readonly limit: number;
  readonly log: (text: string) => void;
}

export interface Storage {
  readonly queue: JobQueue;
  readonly gallery: Gallery;
  readonly artifacts: Artifacts;
  /** Processes that draw for this queue, wherever; undefined for a queue that only this process has. */
  readonly workers?: (() => Promise<number>) | undefined;
}

/**
 * Throws ConfigError for an address that is none, RuntimeError if nothing answers there, CheckpointError if a folder cannot be
 * read.
 */
export async function openStorage({
  data,
  queue: url,
  store: place = data,
  limit,
  log,
}: StorageOptions): Promise<Storage> {
  const store = await openStore(place);
  const onDamaged = (path: string) => log(`${path} is damaged and left alone.`);
  const artifacts = openArtifacts(store);
  const gallery = openGallery(store, onDamaged);
  const onForgotten = (id: string) => {
    artifacts.removeAll(id).catch((error) => log(`job ${id}: its files stay: ${error}`));
  };
  if (url !== undefined) {
    const { openRedisQueue } = await import('./jobs/redisQueue.ts');
    const queue = await openRedisQueue({ url, limit, onForgotten, log });
    await checkShared(queue, store, place);
    return { queue, gallery, artifacts, workers: queue.workers };
  }
  const folder = join(data, 'jobs');
  const queue = await openLocalQueue({ folder, limit, onDamaged, onForgotten });
  return { queue, gallery, artifacts };
}

async function openStore(place: string): Promise<Store> {
  if (!place.startsWith('s3:')) return folderStore(place);
  const { keysFrom, openS3Store, parseS3Location } = await import('./store/s3Store.ts');
  return openS3Store(parseS3Location(place, process.env), keysFrom(process.env));
}

/**
 * A store is told from others by an id that lies in it, and a queue remembers the id of its store: a worker that would put
 * pictures where no server finds them does not begin.
 */
async function checkShared(queue: RedisQueue, store: Store, place: string): Promise<void> {
  const read = async () => Buffer.from((await store.read('store', 'id')) ?? '').toString('utf8');
  if ((await read()) === '') await store.write('store', 'id', newId());
  // Of two that wrote at the same time, the later one counts.
  if (await queue.belongsTo(await read())) return;
  await queue.close();
  throw new ConfigError(
    `The pictures of this queue are kept elsewhere than in ${place}.`,
    'Give all servers and workers the same --store; for a new store, use another database of Redis, such as redis://host/1.',
  );
}
