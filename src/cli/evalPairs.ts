/**
 * The sentence pairs that `ksd eval` measures states on, and those that its baselines learn from.
 */

import { heldOutCaptions, isPackagedModel, packagedPairs } from '../catalog/packaged.ts';
import { type LabelledPair, readPairs } from '../corpus/pairs.ts';
import { isStore, openStore } from '../corpus/store.ts';
import { InputError } from '../errors.ts';
import { pairsFor, type StatesPairs } from './evaluating.ts';
import { t } from './messages.ts';

export interface PairsChoice {
  /** A file of pairs, or a corpus. */
  readonly pairs?: string;
  readonly pairsCount: number;
  readonly model: string;
  readonly seed: number;
}

/** Those that were asked for; for the packaged model, captions that it never saw; undefined for any other. */
export async function statesPairs(choice: PairsChoice): Promise<StatesPairs | undefined> {
  const { pairs: given, pairsCount, model, seed } = choice;
  const packaged = isPackagedModel(model);
  const path = given ?? (packaged ? heldOutCaptions : undefined);
  if (path === undefined) return undefined;
  const name = given ?? 'emoji-sd/captions/held_out.jsonl';
  const training = packaged
    ? { name: 'emoji-sd/captions/train.jsonl', pairs: await readPairs(packagedPairs) }
    : undefined;
  return pairsFor({ name, pairs: await pairsIn(path, pairsCount) }, training, pairsCount, seed);
}

/** The error for who asks for states where there are no pairs. */
export function noPairs(): InputError {
  return new InputError(
    t('states를 잴 문장 쌍이 없습니다.', 'There are no sentence pairs to measure states on.'),
    t('--pairs로 JSONL 파일이나 말뭉치를 주세요.', 'Give a JSONL file or a corpus with --pairs.'),
  );
}

/** Some are dropped for a sentence that stands twice, and half may go to the baselines. */
const spare = 3;

/** All pairs of a file; of a corpus those that no run learns from. */
async function pairsIn(path: string, count: number): Promise<LabelledPair[]> {
  if (!(await isStore(path))) return readPairs(path);
  const store = await openStore(path);
  try {
    const stored = await store.heldOut(spare * count);
    return stored.map(({ en, ko, domain, corpus }) => ({ en, ko, domain: domain ?? corpus }));
  } finally {
    store.close();
  }
}
