/**
 * The kinds of students: which architecture learns, and what of it is compared with the teacher. One line a kind.
 */
import type { ObjectiveName } from './objective.ts';

export interface StudentKind {
  /** `model_type` of the student's config.json. */
  readonly modelType: string;
  readonly objective: ObjectiveName;
  /** `model_type` of checkpoints that it may start from besides its own; what they lack starts at random. */
  readonly grownFrom?: string;
}

/** The three of the original K-Stable-Diffusion first. */
export const studentKinds = {
  clip: { modelType: 'clip_text_model', objective: 'last_hidden_state' },
  roberta: { modelType: 'roberta', objective: 'last_hidden_state' },
  'roberta-pooler': { modelType: 'roberta', objective: 'pooler_output' },
  'xlm-roberta': { modelType: 'xlm-roberta', objective: 'last_hidden_state' },
  bert: { modelType: 'bert', objective: 'last_hidden_state' },
  electra: { modelType: 'electra', objective: 'last_hidden_state' },
  distilbert: { modelType: 'distilbert', objective: 'last_hidden_state' },
  /** A learned bias for each output position. */
  'roberta-bias': { modelType: 'ksd_roberta_bias', objective: 'last_hidden_state', grownFrom: 'roberta' },
  /** Positions that go on counting through the pads. */
  'roberta-counting': {
    modelType: 'ksd_roberta_counting',
    objective: 'last_hidden_state',
    grownFrom: 'roberta',
  },
  /** States read by learned position queries. */
  'roberta-reader': { modelType: 'ksd_roberta_reader', objective: 'last_hidden_state', grownFrom: 'roberta' },
} as const satisfies Readonly<Record<string, StudentKind>>;

export type StudentKindName = keyof typeof studentKinds;

export const studentKindNames = Object.keys(studentKinds) as [StudentKindName, ...StudentKindName[]];
