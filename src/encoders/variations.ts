/**
 * One text encoder in several variations: with its last layers left out (clip skip), and with vectors for words that it does
 * not have (textual inversion).
 *
 * Knows no tokenizer and no file.
 */
import { ConfigError, InputError, RuntimeError } from '../errors.ts';
import { createGraph, type Graph, input, type Value } from '../graph/graph.ts';
import type { Dim } from '../graph/shape.ts';
import type { Hooks } from '../models/scope.ts';
import { statesBefore } from '../models/textEncoder.ts';
import type { Session } from '../runtime/session.ts';
import { promptLength } from '../text/tokenizer.ts';
import { type EncoderModel, embeddingWidth } from './model.ts';

export interface Variation {
  /** 1 for the last layer. */
  readonly clipSkip: number;
  /** With the input `extraInput`. */
  readonly extra: boolean;
}

/** Input of the extra vectors, float32 [any, embeddingWidth]. */
export const extraInput = 'extra_vectors';

/**
 * The same model with one row for all the pads of a text, where that is as exact: undefined where pads differ, and for what
 * packed models leave out.
 */
export function packedVariation(
  { packed, outputRows, equalPadId }: EncoderModel,
  { clipSkip, extra }: Variation,
  hooks?: Hooks,
): (EncoderModel & { readonly equalPadId: number }) | undefined {
  const plain = clipSkip === 1 && !extra && hooks === undefined && outputRows === undefined;
  return plain && packed && equalPadId !== undefined ? { ...packed, equalPadId } : undefined;
}

/** The graph of a variation, and its states [batch, length, hiddenSize]. `name` is the encoder's, for messages. */
export function variationGraph(
  model: EncoderModel,
  name: string,
  { clipSkip, extra }: Variation,
  hooks?: Hooks,
  length: Dim = promptLength,
): { graph: Graph; states: Value } {
  const graph = createGraph();
  const vectors = extra ? input(graph, extraInput, 'float32', ['extra', embeddingWidth(model)]) : undefined;
  const output = model.build(graph, length, { extraVectors: vectors, hooks });
  if (vectors && !graph.nodes.some((node) => node.inputs.includes(vectors))) {
    throw new ConfigError(
      `The text encoder ${name} (${model.modelType}) takes no textual inversion embeddings.`,
      'Leave the embeddings out, or use another text encoder.',
    );
  }
  const layers = output.hiddenStates.length - 1;
  if (!Number.isInteger(clipSkip) || clipSkip < 1 || clipSkip > layers) {
    throw new InputError(
      `A clip skip of ${clipSkip} does not fit the text encoder ${name}, which has ${layers} layers.`,
      `Use a whole number from 1 (the last layer) to ${layers}.`,
    );
  }
  const states = statesBefore(output, clipSkip);
  if (states.shape[2] !== output.lastHiddenState.shape[2]) {
    throw new ConfigError(
      `The layers of the text encoder ${name} are ${states.shape[2]} wide, but its states ${output.lastHiddenState.shape[2]}.`,
      'Leave clip skip out with this encoder.',
    );
  }
  return { graph, states };
}

/**
 * Keeps one session: `use` runs a task with that of a key, for which another is disposed of first. Tasks wait for one another.
 * `prepare` may throw for a key that has no session, before anything is disposed of.
 */
export function oneAtATime<Key>(prepare: (key: Key) => () => Promise<Session>) {
  let kept: { readonly key: string; readonly session: Session } | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let disposed = false;

  async function sessionOf(key: Key): Promise<Session> {
    if (disposed) throw new RuntimeError('The text encoder is disposed of.', 'Open it again.');
    const written = JSON.stringify(key);
    if (kept?.key === written) return kept.session;
    const open = prepare(key);
    const before = kept;
    kept = undefined;
    await before?.session.dispose();
    const session = await open();
    kept = { key: written, session };
    return session;
  }

  function inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
    const result = last.then(task);
    last = result.catch(() => {});
    return result;
  }

  return {
    use: <Result>(key: Key, task: (session: Session) => Promise<Result>): Promise<Result> =>
      inTurn(async () => task(await sessionOf(key))),
    dispose: (): Promise<void> =>
      inTurn(async () => {
        disposed = true;
        await kept?.session.dispose();
        kept = undefined;
      }),
  };
}
