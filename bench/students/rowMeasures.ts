/**
 * A student's rows beside the teacher's, on captions that its run set aside.
 */
import { join } from 'node:path';
import { openStore } from '../../src/corpus/store.ts';
import type { Experiment } from '../../src/distillation/experiment.ts';
import type { TextEncoder } from '../../src/encoders/textEncoder.ts';
import { type EmbeddingMeasures, embeddingMeasures } from '../../src/evaluation/embeddingMeasures.ts';
import { promptLength } from '../../src/text/tokenizer.ts';

/** Pairs that are measured by parts: what fits into memory with all 77 rows. */
const measuredPairs = 400;

export async function rowMeasures(
  run: string,
  { sample, validation }: Experiment['corpus'],
  teacher: TextEncoder,
  student: TextEncoder,
): Promise<{ en: EmbeddingMeasures; ko: EmbeddingMeasures }> {
  const { english, korean } = await validationPairs(run, sample, validation);
  const target = await rowsOf(teacher, english);
  const lengths = english.map((text) => Math.min(promptLength, teacher.tokenizer.count(text)));
  const compare = async (texts: readonly string[]) =>
    embeddingMeasures(await rowsOf(student, texts), target, lengths, teacher.model.hiddenSize);
  return { en: await compare(english), ko: await compare(korean) };
}

async function validationPairs(run: string, sample: number | undefined, validation: number) {
  const store = await openStore(join(run, 'corpus'));
  const [english, korean]: [string[], string[]] = [[], []];
  for await (const { en, ko, splitKey } of store.pairs(sample)) {
    splitKey.forEach((key, i) => {
      if (key >= validation || english.length >= measuredPairs) return;
      english.push(en[i]!);
      korean.push(ko[i]!);
    });
  }
  store.close();
  return { english, korean };
}

/** One array of rows a text. */
async function rowsOf(encoder: TextEncoder, texts: readonly string[]): Promise<Float32Array[]> {
  const { data } = await encoder.encode(texts);
  const size = promptLength * encoder.model.hiddenSize;
  return texts.map((_, i) => data.subarray(i * size, (i + 1) * size));
}
