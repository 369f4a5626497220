import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openOffered } from '../../catalog/offered.ts';
import { completeRequest } from '../completeRequest.ts';
import { openGallery } from '../gallery/storedGallery.ts';
import { openArtifacts } from '../jobs/artifacts.ts';
import { openLocalQueue } from '../jobs/localQueue.ts';
import { usualLimits } from '../limits.ts';
import { folderStore } from '../store/folderStore.ts';
import { drawJobs } from './drawJobs.ts';
import type { DrawingWorker } from './workerProcess.ts';

const never = new AbortController().signal;

test('a job whose end cannot be written is told of as that, and the next one is drawn', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ksd-jobs-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const jobs = join(folder, 'jobs');
  const queue = await openLocalQueue({ folder: jobs });
  const store = folderStore(folder);
  const offered = await openOffered([], []);
  const request = completeRequest(
    { kind: 'generate', prompt: 'x', ...asked },
    { offered, limits: usualLimits },
  );
  const [first, second] = [await queue.add(request), await queue.add(request)];
  let drawn = 0;
  const worker: DrawingWorker = {
    async *run() {
      // The disk fills up while the first one is drawn, and has room again for the second one.
      if (drawn++ === 0) {
        await rename(jobs, `${jobs}.away`);
        await writeFile(jobs, 'in the way');
      } else {
        await rm(jobs);
        await rename(`${jobs}.away`, jobs);
      }
      yield { kind: 'generated', pictures: [], warnings: [] };
    },
    ...{ pid: undefined, restarts: 0, healthy: () => true, close: async () => {} },
  };
  const problems: [string, string][] = [];
  const ended: string[] = [];
  const stop = new AbortController();
  await drawJobs(
    {
      ...{
        queue,
        gallery: openGallery(store),
        artifacts: openArtifacts(store),
        worker,
        offered,
        device: 'cpu',
      },
      onProblem: (error, job) => problems.push([job, String(error)]),
      onEnd: ({ id }, state) => {
        ended.push(`${id} ${state}`);
        stop.abort();
      },
    },
    stop.signal,
    never,
  );
  expect(problems).toEqual([[first.id, expect.stringMatching(/cannot be written/)]]);
  expect(ended).toEqual([`${second.id} done`]);
  expect(await queue.get(second.id)).toMatchObject({ state: 'done' });
});

const asked = { negativePrompt: '', count: 1, previewEvery: 0 } as const;
