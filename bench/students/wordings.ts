/**
 * How much of the teacher's rows any student can give that reads Korean: of Korean captions that stand beside more than
 * one English wording, the part of the teacher's variance that is not within the wordings of one caption.
 */
import { readPairs } from '../../src/corpus/pairs.ts';
import type { TextEncoder } from '../../src/encoders/textEncoder.ts';
import { embeddingMeasures } from '../../src/evaluation/embeddingMeasures.ts';
import { promptLength } from '../../src/text/tokenizer.ts';

/** Captions that are measured. */
const most = 150;

/** R² of a student that gives each Korean caption the mean of its wordings, corrected for means of few. */
export async function wordingBound(teacher: TextEncoder, captions: string) {
  const wordings = new Map<string, Set<string>>();
  for (const { en, ko } of await readPairs(captions))
    wordings.set(ko, (wordings.get(ko) ?? new Set()).add(en));
  const groups = [...wordings.values()].filter(({ size }) => size === 2).slice(0, most);
  const texts = groups.flatMap((group) => [...group]);
  const { data } = await teacher.encode(texts);
  const size = promptLength * teacher.model.hiddenSize;
  const rows = texts.map((_, i) => data.subarray(i * size, (i + 1) * size));
  const lengths = texts.map((text) => Math.min(promptLength, teacher.tokenizer.count(text)));
  // The squared distance of one wording from the other is twice the variance within both.
  const others = rows.map((row, i) => row.map((value, j) => value + (rows[i ^ 1]![j]! - value) / Math.SQRT2));
  const { content, afterEnd } = embeddingMeasures(others, rows, lengths, teacher.model.hiddenSize);
  return { captions: groups.length, content: content.r2, afterEnd: afterEnd.r2 };
}
