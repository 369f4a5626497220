/**
 * Models and students that stay open from one job to the next: a few of each, those that were used least lately go first.
 * One job at a time uses them.
 */
import { openStudent } from '../../catalog/students.ts';
import { taesdBeside } from '../../catalog/taesd.ts';
import type { TextEncoder } from '../../encoders/textEncoder.ts';
import { openPipeline } from '../../generation/open.ts';
import type { Pipeline } from '../../generation/pipeline.ts';
import { openPreviewDecoder, type PreviewDecoder } from '../../generation/previewDecoder.ts';
import type { Runtime } from '../../runtime/session.ts';
import type { Place } from './task.ts';

export interface OpenModel {
  readonly pipeline: Pipeline;
  /** TAESD, if there is one beside the model. */
  readonly previews: PreviewDecoder | undefined;
}

export interface Studio {
  model(place: Place): Promise<OpenModel>;
  student(place: Place): Promise<TextEncoder>;
}

/** A full-size model takes gigabytes. */
const models = 2;
/** As many as a comparison may show at once. */
const students = 8;

export function createStudio(runtime: Runtime): Studio {
  return {
    model: keepSome(models, async ({ name, folder }): Promise<Kept<OpenModel>> => {
      const pipeline = await openPipeline(runtime, folder, { name });
      const taesd = await taesdBeside(folder);
      const previews = taesd === undefined ? undefined : await openPreviewDecoder(runtime, taesd);
      const close = async () => {
        await previews?.dispose();
        await pipeline.dispose();
      };
      return { value: { pipeline, previews }, close };
    }),
    student: keepSome(students, async (place): Promise<Kept<TextEncoder>> => {
      const encoder = await openStudent(runtime, place);
      return { value: encoder, close: () => encoder.dispose() };
    }),
  };
}

interface Kept<Value> {
  readonly value: Value;
  close(): Promise<void>;
}

function keepSome<Value>(
  capacity: number,
  open: (place: Place) => Promise<Kept<Value>>,
): (place: Place) => Promise<Value> {
  // A Map keeps the order of insertion: the first is the one that was used least lately.
  const kept = new Map<string, Kept<Value>>();
  return async (place) => {
    let found = kept.get(place.folder);
    if (!found) {
      for (const [folder, oldest] of [...kept].slice(0, Math.max(0, kept.size + 1 - capacity))) {
        kept.delete(folder);
        await oldest.close();
      }
      found = await open(place);
    }
    kept.delete(place.folder);
    kept.set(place.folder, found);
    return found.value;
  };
}
