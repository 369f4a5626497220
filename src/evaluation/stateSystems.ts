/**
 * What gives states for a pair: the teacher, students in either language, and the baselines that a student must beat.
 */
import type { TextEncoder } from '../encoders/textEncoder.ts';
import { columnHeader, type Language } from '../generation/header.ts';
import type { Runtime } from '../runtime/session.ts';
import type { FloatTensor } from '../runtime/tensor.ts';
import { encodePadded } from '../text/tokenizer.ts';
import { linearFit } from './linearMap.ts';
import { meanOf } from './rowSums.ts';
import type { EvaluatedPair, Reference, StatesSystem } from './states.ts';

/** The teacher in English. */
export function referenceOf(teacher: TextEncoder): Reference {
  return {
    size: teacher.model.hiddenSize,
    lengthOf: ({ en }) => encodePadded(teacher.tokenizer, en).length,
    states: async (pairs) => rowsOf(await teacher.encode(pairs.map(({ en }) => en))),
  };
}

/** An encoder that reads one side of the pairs; `student` names it, the teacher has no name. */
export function encoderSystem(encoder: TextEncoder, language: Language, student?: string): StatesSystem {
  return {
    name: `${encoder.name} ${language}`,
    label: columnHeader(language, student),
    language,
    states: async (pairs) => rowsOf(await encoder.encode(pairs.map((pair) => pair[language]))),
  };
}

/** Teacher in English (the goal) and Korean (before), then each student in Korean (after) and English. */
export function encoderSystems(teacher: TextEncoder, students: readonly TextEncoder[]): StatesSystem[] {
  return [
    { ...encoderSystem(teacher, 'en'), isReference: true },
    encoderSystem(teacher, 'ko'),
    ...students.flatMap((student) => [
      encoderSystem(student, 'ko', student.name),
      encoderSystem(student, 'en', student.name),
    ]),
  ];
}

/** The teacher's mean state of each position over `pairs`, whatever is read: what knows nothing of the text. */
export async function meanBaseline(
  reference: Reference,
  pairs: readonly EvaluatedPair[],
): Promise<StatesSystem> {
  const mean = Float32Array.from(meanOf(await reference.states(pairs)));
  return {
    name: 'mean',
    label: '교사의 평균\nmean of the teacher',
    language: 'ko',
    baseline: true,
    states: async (some) => some.map(() => mean),
  };
}

/**
 * The teacher's Korean states through the linear map that brings them nearest to its English ones on `pairs`: what can be
 * had without training a text encoder.
 */
export async function linearBaseline(
  runtime: Runtime,
  teacher: TextEncoder,
  pairs: readonly EvaluatedPair[],
): Promise<StatesSystem> {
  const size = teacher.model.hiddenSize;
  const fit = await linearFit(runtime, size, size);
  for (let start = 0; start < pairs.length; start += 32) {
    const some = pairs.slice(start, start + 32);
    const [ko, en] = [
      await teacher.encode(some.map((pair) => pair.ko)),
      await teacher.encode(some.map((pair) => pair.en)),
    ];
    await fit.add(ko.data, en.data);
  }
  const map = fit.solve();
  return {
    name: 'linear',
    label: '선형 변환\nlinear map',
    language: 'ko',
    baseline: true,
    states: async (some) => {
      const { data, shape } = await teacher.encode(some.map((pair) => pair.ko));
      return rowsOf({ type: 'float32', data: await map.apply(data), shape });
    },
    dispose: fit.dispose,
  };
}

/** The states of each text. */
function rowsOf({ data, shape }: FloatTensor): Float32Array[] {
  const [count = 0] = shape;
  const size = data.length / count;
  return Array.from({ length: count }, (_, i) => data.subarray(i * size, (i + 1) * size));
}
