/**
 * What of a student is compared with what of its teacher: one member for each way of comparing.
 *
 * Rows are what a loss is a mean of: one for each position of a text, or one for the whole text.
 */
import { ConfigError } from '../errors.ts';
import { constant, type Value } from '../graph/graph.ts';
import { gather } from '../graph/ops/gather.ts';
import { unsqueeze } from '../graph/ops/layout.ts';
import type { TextEncoderOutput } from '../models/textEncoder.ts';

export interface Objective {
  readonly name: ObjectiveName;
  /** Are there rows for every position, or one for the text? */
  readonly perPosition: boolean;
  /** [batch, rows, hidden] of the student. */
  student(output: TextEncoderOutput): Value;
  /** [batch, rows, hidden] of the teacher. */
  teacher(output: TextEncoderOutput): Value;
}

export type ObjectiveName = 'last_hidden_state' | 'pooler_output' | 'first_token';

const pooled = (output: TextEncoderOutput): Value => unsqueeze(output.pooledOutput(), 1);

const objectives: Readonly<Record<ObjectiveName, Objective>> = {
  /** Every position of one with the same position of the other: what the U-Net reads. */
  last_hidden_state: {
    name: 'last_hidden_state',
    perPosition: true,
    student: (output) => output.lastHiddenState,
    teacher: (output) => output.lastHiddenState,
  },
  /** RoBERTa's pooled first token with CLIP's state at the end of the text. */
  pooler_output: { name: 'pooler_output', perPosition: false, student: pooled, teacher: pooled },
  /** The first token, not pooled, with CLIP's state at the end of the text. */
  first_token: {
    name: 'first_token',
    perPosition: false,
    student: ({ lastHiddenState }) =>
      gather(lastHiddenState, constant(lastHiddenState.graph, BigInt64Array.of(0n), [1]), 1),
    teacher: pooled,
  },
};

/** Throws ConfigError for a name that is none of them. */
export function objectiveNamed(name: ObjectiveName): Objective {
  const objective = objectives[name];
  if (objective) return objective;
  throw new ConfigError(
    `There is no objective ${name}.`,
    `Use one of ${Object.keys(objectives).join(', ')}.`,
  );
}
