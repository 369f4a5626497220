/**
 * The process in which an experiment is rehearsed (rehearsal.ts): its memory is that of the rehearsal alone.
 */
import { type Estimate, rehearse } from '../../distillation/rehearse.ts';
import { serveGenerator } from '../../process/serveGenerator.ts';
import { openRuntime } from '../../runtime/node.ts';
import type { RehearsalTask } from './rehearsal.ts';

serveGenerator<RehearsalTask, Estimate>(async function* ({ experiment, device, folder }, signal) {
  const rehearsal = rehearse(experiment, { runtime: await openRuntime(device), folder, signal });
  let next = await rehearsal.next();
  while (!next.done) next = await rehearsal.next();
  yield next.value;
});
