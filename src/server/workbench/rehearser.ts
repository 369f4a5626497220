/**
 * The process in which an experiment is rehearsed for the one that forked it (rehearsal.ts): its memory is that of the
 * rehearsal alone, and it can be ended at any moment.
 */
import { failureOf } from '../../distillation/messages.ts';
import { rehearse } from '../../distillation/rehearse.ts';
import { openRuntime } from '../../runtime/node.ts';
import type { RehearsalAnswer, RehearsalRequest } from './rehearsal.ts';

async function answerTo({ experiment, device, folder }: RehearsalRequest): Promise<RehearsalAnswer> {
  try {
    const rehearsal = rehearse(experiment, { runtime: await openRuntime(device), folder });
    let next = await rehearsal.next();
    while (!next.done) next = await rehearsal.next();
    return { kind: 'estimate', estimate: next.value };
  } catch (error) {
    return { kind: 'failed', failure: failureOf(error, false) };
  }
}

process.once('message', async (request: RehearsalRequest) => {
  const answer = await answerTo(request);
  process.send?.(answer, () => process.exit());
});

process.on('disconnect', () => process.exit());
