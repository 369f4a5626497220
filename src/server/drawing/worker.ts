/**
 * The process that draws: one job after another for the server that forked it (workerProcess.ts). Models stay open between
 * jobs.
 */
import { serveGenerator } from '../../process/serveGenerator.ts';
import { openRuntime } from '../../runtime/node.ts';
import type { RequestedDevice, Runtime } from '../../runtime/session.ts';
import { compareEncoders } from './compare.ts';
import { diagnosePrompt } from './diagnose.ts';
import { generatePictures } from './generate.ts';
import { createStudio, type Studio } from './studio.ts';
import type { DrawingEvent, DrawingTask } from './task.ts';

/** A server asks for one device as long as it lives. */
let opened: { readonly runtime: Runtime; readonly studio: Studio } | undefined;

async function open(device: RequestedDevice): Promise<{ runtime: Runtime; studio: Studio }> {
  if (!opened) {
    const runtime = await openRuntime(device);
    opened = { runtime, studio: createStudio(runtime) };
  }
  return opened;
}

serveGenerator<DrawingTask, DrawingEvent>(async function* (task, signal) {
  const { runtime, studio } = await open(task.device);
  if (task.kind !== 'open') yield { kind: 'step', progress: { stage: 'opening', done: 0, total: 1 } };
  const model = await studio.model(task.model);
  signal.throwIfAborted();
  if (task.kind === 'open') yield { kind: 'ready', device: runtime.description };
  if (task.kind === 'generate') {
    const student = task.student && (await studio.student(task.student));
    yield* generatePictures(model, student, task.request, signal);
  }
  if (task.kind === 'compare') {
    const students = [];
    for (const place of task.students) students.push(await studio.student(place));
    yield* compareEncoders(model, students, task.request, signal);
  }
  if (task.kind === 'diagnose') {
    const student = task.student && (await studio.student(task.student));
    yield* diagnosePrompt(model, task.model, student, task.request, signal);
  }
});
