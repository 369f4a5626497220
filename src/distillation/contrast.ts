/**
 * InfoNCE over a step that is computed in parts, as if it were whole (GradCache: Gao, Zhang, Han and Callan, "Scaling
 * deep contrastive learning batch size under memory limited setup", arXiv 2101.06983).
 *
 * The loss compares all texts of a step, but sees of each only its mean row. So the means of all parts are computed first,
 * without gradients; then the loss and its slope at each mean; then every part again, in which the sum of means times
 * slopes has the gradient that the loss of the whole step has. It costs one more forward pass. Processes that train together
 * tell each other their means.
 */
import { gradients } from '../graph/gradients.ts';
import { createGraph, input } from '../graph/graph.ts';
import { compile, compileKeeping } from '../runtime/compile.ts';
import { type Feeds, inputsOf, type KeepingRuntime } from '../runtime/keeping.ts';
import type { Tensors } from '../runtime/session.ts';
import { floatTensor, type Tensor } from '../runtime/tensor.ts';
import type { Batch } from './batch.ts';
import { infoNCE, type LossSettings, type Means, positivesOf } from './loss.ts';
import { alone, type Collective } from './parallel/collective.ts';
import { gathered } from './parallel/together.ts';

export interface Contrast {
  /** What `taughtLoss` is fed for each of this process's parts of a step, with the student's `parameters`. */
  slopesOf(
    parts: readonly Pick<Batch, 'feeds' | 'lossFeeds' | 'sentences'>[],
    parameters: Feeds,
  ): Promise<Tensors[]>;
  dispose(): Promise<void>;
}

/** `means` are those of a step's graph; `collective`: who computes parts of it. */
export async function openContrast(
  runtime: KeepingRuntime,
  means: Means,
  settings: LossSettings,
  collective: Collective = alone,
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
      const rowsOf = (name: string) => joined(read.map((part) => part[name]!.data as Float32Array));
      const own = Float64Array.from(parts.flatMap(({ sentences }) => sentences!));
      const [student, target, { all: sentences }] = await gathered(
        collective,
        rowsOf('student_means'),
        rowsOf('target_means'),
        own,
      );
      if (parts.length === 0) return [];
      const results = await comparing.run({
        student: floatTensor(student.all, [sentences.length, hidden]),
        target: floatTensor(target.all, [sentences.length, hidden]),
        loss_center: parts[0]!.lossFeeds!['loss_center']!,
        loss_positives: positivesOf([...sentences]),
      });
      const all = results['slopes']!.data as Float32Array;
      let { from } = student;
      return parts.map(({ sentences: { length } = [] }) => {
        const data = all.slice(from, from + length * hidden);
        from += data.length;
        return { loss_slopes: floatTensor(data, [length, hidden]) };
      });
    },
    dispose: async () => {
      await reading.dispose();
      await comparing.dispose();
    },
  };
}

function joined(arrays: readonly Float32Array[]): Float32Array {
  const result = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const values of arrays) {
    result.set(values, at);
    at += values.length;
  }
  return result;
}
