/**
 * The kinds of students: which architecture learns, and what of it is compared with the teacher. One line a kind.
 */
import type { ObjectiveName } from './objective.ts';

export interface StudentKind {
  /** `model_type` of the student's config.json. */
  readonly modelType: string;
  readonly objective: ObjectiveName;
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
} as const satisfies Readonly<Record<string, StudentKind>>;

export type StudentKindName = keyof typeof studentKinds;

export const studentKindNames = Object.keys(studentKinds) as [StudentKindName, ...StudentKindName[]];
