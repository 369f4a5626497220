/**
 * A job that shows what a model makes of the same words in Korean and English, by its own text encoder and by students.
 */
import type { TextEncoder } from '../../encoders/textEncoder.ts';
import { type Comparison, type ComparisonRow, compare } from '../../generation/compare.ts';
import type { Generation } from '../../generation/pipeline.ts';
import type { Image } from '../../pictures/image.ts';
import type { CompareRequest } from '../contract/drawing.ts';
import { drawnPicture, previewsOf } from './pictures.ts';
import type { OpenModel } from './studio.ts';
import type { ComparedColumn, Complete, DrawingEvent } from './task.ts';

export async function* compareEncoders(
  model: OpenModel,
  students: readonly TextEncoder[],
  request: Complete<CompareRequest>,
  signal: AbortSignal,
): AsyncGenerator<DrawingEvent, void, undefined> {
  const { pipeline } = model;
  const { ko, en, negativePrompt, seed, steps, guidance, scheduler, width, height } = request;
  const run = compare({
    ...{ pipeline, students, negativePrompt, steps, guidance, scheduler, width, height, signal },
    prompts: [{ ko, en: en ?? '' }],
    seeds: [seed],
    languages: en === undefined ? ['ko'] : ['ko', 'en'],
  });
  const generations: Generation[] = [];
  for (;;) {
    const next = await run.next();
    if (next.done) {
      yield { kind: 'compared', columns: comparedColumns(next.value, generations, students) };
      return;
    }
    const { index, total, step } = next.value;
    generations[index] = step.generation;
    const progress = {
      stage: 'drawing' as const,
      done: index * step.calls + step.call,
      total: total * step.calls,
    };
    const previews = await previewsOf(model, step);
    yield { kind: 'step', progress, column: index, previews, step: step.call };
    // A picture that nobody waits for is not decoded.
    signal.throwIfAborted();
  }
}

function comparedColumns(
  { columns, rows }: Comparison,
  generations: readonly Generation[],
  students: readonly TextEncoder[],
): ComparedColumn[] {
  const { prompt, images, flagged } = rows[0] as ComparisonRow;
  return columns.map(({ language, textEncoder }, i) => {
    const student = students.includes(textEncoder) ? textEncoder.name : 'none';
    const made = { student, flagged: flagged[i] as boolean };
    return {
      encoder: student === 'none' ? 'original' : student,
      language,
      prompt: prompt[language],
      picture: drawnPicture(images[i] as Image, generations[i] as Generation, 0, made),
    };
  });
}
