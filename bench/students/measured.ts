/**
 * All measures of a finished run, kept beside it: a bench that was stopped does not measure it again.
 */
import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { writeJson } from '../../src/checkpoint/json.ts';
import { openTextEncoder } from '../../src/encoders/textEncoder.ts';
import type { EmbeddingMeasures } from '../../src/evaluation/embeddingMeasures.ts';
import type { Pipeline } from '../../src/generation/pipeline.ts';
import type { Runtime } from '../../src/runtime/session.ts';
import { type Drawn, drawnOf } from './drawn.ts';
import { rowMeasures } from './rowMeasures.ts';
import type { BenchRun } from './runs.ts';

export interface Measured {
  /** What was measured. */
  readonly checkpoint: string;
  readonly rows: { readonly en: EmbeddingMeasures; readonly ko: EmbeddingMeasures };
  readonly drawn: Drawn;
}

export async function measured(
  { experiment, folder }: BenchRun,
  runtime: Runtime,
  pipeline: Pipeline,
): Promise<Measured> {
  const kept = join(folder, 'measured.json');
  const checkpoint = await readlink(join(folder, 'best'));
  const before = await readFile(kept, 'utf8').then(
    (text) => JSON.parse(text) as Measured,
    () => undefined,
  );
  if (before?.checkpoint === checkpoint) return before;
  console.log(`${experiment.name}: measuring`);
  const student = await openTextEncoder(runtime, join(folder, 'best'));
  try {
    const rows = await rowMeasures(folder, experiment.corpus, await pipeline.textEncoder(), student);
    const result = { checkpoint, rows, drawn: await drawnOf(pipeline, student) };
    await writeJson(kept, result);
    return result;
  } finally {
    await student.dispose();
  }
}
