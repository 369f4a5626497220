/**
 * Opening a model with students, and showing how far a drawing is: what the commands that draw have in common.
 */

import { checkModel } from '../catalog/models.ts';
import { openStudent, type StudentFolder } from '../catalog/students.ts';
import type { TextEncoder } from '../encoders/textEncoder.ts';
import { type Comparison, type ComparisonRequest, compare, saveGrid } from '../generation/compare.ts';
import { finish } from '../generation/finish.ts';
import { openPipeline } from '../generation/open.ts';
import type { Pipeline } from '../generation/pipeline.ts';
import type { LoraFile } from '../lora/open.ts';
import type { PictureGrid } from '../pictures/grid.ts';
import type { RequestedDevice, Runtime } from '../runtime/session.ts';
import { t, warn, word } from './messages.ts';
import { openDevice } from './options.ts';
import { progress } from './progress.ts';

export interface Studio {
  readonly runtime: Runtime;
  readonly pipeline: Pipeline;
  readonly students: readonly TextEncoder[];
  dispose(): Promise<void>;
}

export interface StudioOptions {
  readonly device: RequestedDevice;
  /** Folder of a Stable Diffusion. */
  readonly model: string;
  readonly scheduler: string;
  /** Whether flagged pictures are blacked out; true by default. */
  readonly safetyChecker?: boolean;
  /** TAESD, if it is to decode the pictures. */
  readonly taesd?: string;
  readonly loras?: readonly LoraFile[];
}

/** Opens device, model and students. Throws CheckpointError for a model that is none. */
export async function openStudio(
  { device, model, ...options }: StudioOptions,
  wanted: readonly StudentFolder[],
): Promise<Studio> {
  await checkModel(model);
  const runtime = await openDevice(device);
  const pipeline = await openPipeline(runtime, model, options);
  const students: TextEncoder[] = [];
  for (const student of wanted) students.push(await openStudent(runtime, student));
  return {
    runtime,
    pipeline,
    students,
    dispose: async () => {
      for (const student of students) await student.dispose();
      await pipeline.dispose();
    },
  };
}

/** Draws a comparison behind a progress bar. */
export async function drawComparison(
  request: ComparisonRequest & { readonly steps: number },
  label: string,
): Promise<Comparison> {
  const { steps } = request;
  let bar: ReturnType<typeof progress> | undefined;
  let shown = 0;
  try {
    return await finish(compare(request), ({ done, total, column }) => {
      bar ??= progress({ total: total * steps, label, unit: word('스텝', 'steps') });
      // A sampler may call the model more often than it has steps.
      const reached = Math.round(done * steps);
      const [korean = '', english = korean] = column.split('\n');
      bar.tick(reached - shown, word(korean, english));
      shown = reached;
    });
  } finally {
    bar?.stop();
  }
}

/** Writes the figure as PNG and SVG, whichever of the two `out` names; returns the paths of both, the PNG first. */
export async function saveFigure(out: string, grid: PictureGrid): Promise<[png: string, svg: string]> {
  const stem = out.replace(/\.(png|svg)$/i, '');
  await saveGrid(stem, grid);
  return [`${stem}.png`, `${stem}.svg`];
}

/** Says how many pictures the safety checker of the model blacked out, if it did; `flagged`: one for each picture. */
export function warnOfFlagged(flagged: readonly boolean[]): void {
  const count = flagged.filter(Boolean).length;
  if (count === 0) return;
  warn(
    t(
      `안전 검사에 걸린 그림 ${count}장을 검게 지웠습니다. 시드나 프롬프트를 바꾸거나 --no-safety-checker로 검사를 끄세요.`,
      `the safety checker blacked out ${count}; change the seed or the prompt, or use --no-safety-checker.`,
    ),
  );
}
