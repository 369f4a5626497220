/**
 * InfoNCE over a step that is computed in parts, as if it were whole (GradCache: Gao, Zhang, Han and Callan, "Scaling
 * deep contrastive learning batch size under memory limited setup", arXiv 2101.06983).
 *
 * The loss compares all texts of a step, but sees of each only its mean row. So the means of all parts are computed first,
 * without gradients; then the loss and its slope at each mean; then every part again, in which the sum of means times
 * slopes has the gradient that the loss of the whole step has. It costs one more forward pass.
 */
import { gradients } from '../graph/gradients.ts';
import { createGraph, input } from '../graph/graph.ts';
import { compile, compileKeeping } from '../runtime/compile.ts';
import { type Feeds, inputsOf, type KeepingRuntime } from '../runtime/keeping.ts';
import type { Tensors } from '../runtime/session.ts';
import { floatTensor, type Tensor } from '../runtime/tensor.ts';
import type { Batch } from './batch.ts';
import { infoNCE, type LossSettings, type Means, positivesOf } from './loss.ts';

export interface Contrast {
  /** What `taughtLoss` is fed for each of the parts of a step, with the student's `parameters`. */
  slopesOf(
    parts: readonly Pick<Batch, 'feeds' | 'lossFeeds' | 'sentences'>[],
    parameters: Feeds,
  ): Promise<Tensors[]>;
  dispose(): Promise<void>;
}

/** `means` are those of a step's graph. */
export async function openContrast(
  runtime: KeepingRuntime,
  means: Means,
  settings: LossSettings,
): Promise<Contrast> {
  const hidden = means.student.shape[1] as number;
  const graph = createGraph();
  const student = input(graph, 'student', 'float32', ['pairs', hidden]);
  const target = input(graph, 'target', 'float32', ['pairs', hidden]);
  const [slopes] = gradients(infoNCE(settings, { student, target }), [student]);
  const reading = await compileKeeping(runtime, means.student.graph, {
    student_means: means.student,
    target_means: means.target,
  });
  const comparing = await compile(runtime, graph, { slopes: slopes! });
  return {
    slopesOf: async (parts, parameters) => {
      const read: Record<string, Tensor>[] = [];
      for (const { feeds, lossFeeds } of parts) {
        const fed = inputsOf(reading, { ...feeds, ...lossFeeds, ...parameters });
        read.push((await reading.run(fed)).read);
      }
      const results = await comparing.run({
        student: joined(read.map((part) => part['student_means']!)),
        target: joined(read.map((part) => part['target_means']!)),
        loss_center: parts[0]!.lossFeeds!['loss_center']!,
        loss_positives: positivesOf(parts.flatMap(({ sentences }) => sentences!)),
      });
      const all = results['slopes']!.data as Float32Array;
      let from = 0;
      return parts.map(({ sentences }) => {
        const data = all.slice(from * hidden, (from + sentences!.length) * hidden);
        from += sentences!.length;
        return { loss_slopes: floatTensor(data, [sentences!.length, hidden]) };
      });
    },
    dispose: async () => {
      await reading.dispose();
      await comparing.dispose();
    },
  };
}

/** Rows of tensors [rows, hidden], one after the other. */
function joined(tensors: readonly Tensor[]): Tensor {
  const hidden = tensors[0]!.shape[1]!;
  const rows = tensors.reduce((sum, { shape }) => sum + shape[0]!, 0);
  const data = new Float32Array(rows * hidden);
  let at = 0;
  for (const tensor of tensors) {
    data.set(tensor.data as Float32Array, at);
    at += tensor.data.length;
  }
  return floatTensor(data, [rows, hidden]);
}
