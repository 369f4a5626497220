/**
 * The pictures that a run shows after each epoch: the experiment's prompts, by its teacher and by the student so far.
 */
import { join } from 'node:path';
import type { Experiment } from '../distillation/experiment.ts';
import { openTextEncoder } from '../encoders/textEncoder.ts';
import { comparisonGrid, saveGrid } from '../generation/compare.ts';
import { openPipeline } from '../generation/open.ts';
import type { Pipeline } from '../generation/pipeline.ts';
import type { Runtime } from '../runtime/session.ts';
import { drawComparison } from './drawing.ts';
import { word } from './messages.ts';

export interface SampleDrawer {
  /** Draws with the student in `checkpoint`; returns the path of the picture. */
  draw(epoch: number, checkpoint: string, signal: AbortSignal): Promise<string>;
  dispose(): Promise<void>;
}

/** For the run in `folder`. The model is opened with the first picture. */
export function sampleDrawer(runtime: Runtime, experiment: Experiment, folder: string): SampleDrawer {
  const { samples, drawing, teacher, name } = experiment;
  let opened: Promise<Pipeline> | undefined;
  return {
    async draw(epoch, checkpoint, signal) {
      opened ??= openPipeline(runtime, teacher, { scheduler: 'unipc' });
      const pipeline = await opened;
      const student = { ...(await openTextEncoder(runtime, checkpoint)), name };
      try {
        const { steps, guidance, seed } = drawing;
        const comparison = await drawComparison(
          { pipeline, students: [student], prompts: samples, seeds: [seed], steps, guidance, signal },
          word('예시', 'samples'),
        );
        const stem = samplePath(folder, epoch);
        const title = `${name}: epoch ${epoch}`;
        const subtitle = `UniPC ${steps} steps, guidance ${guidance}, seed ${seed}`;
        await saveGrid(stem, comparisonGrid(comparison, { title, subtitle }));
        return `${stem}.png`;
      } finally {
        await student.dispose();
      }
    },
    dispose: async () => (await opened)?.dispose(),
  };
}

/** Without its ending: a PNG, and beside it an SVG. */
export function samplePath(folder: string, epoch: number): string {
  return join(folder, 'samples', String(epoch));
}
