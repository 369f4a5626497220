/**
 * The students that are compared: each is the experiment emoji-roberta.yaml with something changed. The original's three first.
 */
import { augmentKindNames } from '../../src/distillation/augment/registry.ts';
import type { Experiment } from '../../src/distillation/experiment.ts';

export interface BenchRow {
  readonly name: string;
  readonly change: (experiment: Experiment) => Experiment;
}

type Kind = Experiment['student']['kind'];

/** The original's student that starts from the teacher and keeps its tokenizer. */
const fromTeacher = (experiment: Experiment): Experiment => ({
  ...experiment,
  student: { kind: 'clip', start: 'teacher' },
});

const kind =
  (name: Kind, config: object = {}) =>
  (experiment: Experiment): Experiment => ({
    ...experiment,
    student: { ...experiment.student, kind: name, config: { ...experiment.student.config, ...config } },
  });

/** The student with position biases, taught otherwise. */
const taught =
  (loss: Partial<Experiment['loss']>) =>
  (experiment: Experiment): Experiment => {
    const changed = kind('roberta-bias')(experiment);
    return { ...changed, loss: { ...changed.loss, ...loss } };
  };

/** The student with position biases, with a part of the Korean texts changed in each of the ways. */
const augmented =
  (part: number) =>
  (experiment: Experiment): Experiment => {
    const changed = kind('roberta-bias')(experiment);
    const rates = Object.fromEntries(augmentKindNames.map((name) => [name, part]));
    return { ...changed, corpus: { ...changed.corpus, augment: { ...changed.corpus.augment, ...rates } } };
  };

export const benchRows: readonly BenchRow[] = [
  { name: 'clip', change: fromTeacher },
  { name: 'roberta', change: kind('roberta') },
  { name: 'roberta-pooler', change: kind('roberta-pooler') },
  { name: 'roberta-bias', change: kind('roberta-bias') },
  { name: 'roberta-counting', change: kind('roberta-counting') },
  { name: 'roberta-reader', change: kind('roberta-reader', { reader_intermediate_size: 384 }) },
  { name: 'bias, positions: variance', change: taught({ positions: 'variance' }) },
  { name: 'bias, positions: reading', change: taught({ positions: 'reading' }) },
  { name: 'bias, cosine: 0.5', change: taught({ cosine: 0.5 }) },
  { name: 'bias, contrastive: 0.1', change: taught({ contrastive: 0.1 }) },
  { name: 'bias, contrastive: 0.3', change: taught({ contrastive: 0.3 }) },
  {
    name: 'bias, positions: variance, contrastive: 0.1',
    change: taught({ positions: 'variance', contrastive: 0.1 }),
  },
  {
    name: 'bias, positions: variance, contrastive: 0.1, cosine: 0.5',
    change: taught({ positions: 'variance', contrastive: 0.1, cosine: 0.5 }),
  },
  { name: 'bias, korean: 2', change: taught({ korean: 2 }) },
  { name: 'bias, augment: 0.1 each', change: augmented(0.1) },
];
