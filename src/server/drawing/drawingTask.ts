/**
 * From a job's request to what the process that draws needs: names become the places that they stand for.
 */
import type { Offered } from '../../catalog/offered.ts';
import { noStudent } from '../../catalog/students.ts';
import { RuntimeError } from '../../errors.ts';
import type { JobRequest } from '../contract/drawing.ts';
import type { Complete, Drawing, Place } from './task.ts';

/** `request`: complete, as `completeRequest` made it. Throws RuntimeError for a name that is not offered any more. */
export function drawingTask(request: JobRequest, { models, students }: Offered): Drawing & { model: Place } {
  const model = placeOf('model', models, request.model);
  const studentOf = (name: string | undefined) =>
    name === undefined || name === noStudent ? {} : { student: placeOf('student', students, name) };
  switch (request.kind) {
    case 'generate':
      return {
        kind: 'generate',
        request: request as Complete<typeof request>,
        model,
        ...studentOf(request.student),
      };
    case 'diagnose':
      return {
        kind: 'diagnose',
        request: request as Complete<typeof request>,
        model,
        ...studentOf(request.student),
      };
    case 'compare': {
      const places = (request.students ?? []).map((name) => placeOf('student', students, name));
      return { kind: 'compare', request: request as Complete<typeof request>, model, students: places };
    }
  }
}

function placeOf(what: string, offered: readonly Place[], name: string | undefined): Place {
  const found = offered.find((one) => one.name === name);
  if (found) return { name: found.name, folder: found.folder };
  throw new RuntimeError(
    `The ${what} ${name} is not here any more.`,
    `Start the server with --${what}, or ask for another one.`,
  );
}
