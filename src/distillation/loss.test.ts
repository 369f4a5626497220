import { beforeAll, expect, test } from 'vitest';
import { encoderModel } from '../encoders/family.ts';
import { randomStream } from '../random/stream.ts';
import { compile } from '../runtime/compile.ts';
import { openRuntime } from '../runtime/node.ts';
import type { Runtime, Session } from '../runtime/session.ts';
import { floatTensor, type Tensor } from '../runtime/tensor.ts';
import { promptLength } from '../text/tokenizer.ts';
import { makeBatch } from './batch.ts';
import { checkLoss, type LossFacts, type LossSettings, lossFeeds, spreadsPads } from './loss.ts';
import { objectiveNamed } from './objective.ts';
import { gradientName, type StepGraph, stepGraph } from './stepGraph.ts';
import { smallRoberta as config } from './testing.ts';

const objective = objectiveNamed('last_hidden_state');
const plain: LossSettings = {
  english: 1,
  korean: 1,
  positions: 'equal',
  cosine: 0,
  contrastive: 0,
  temperature: 0.07,
};
/** Two English texts, then their Korean ones; and a pair whose sentence is that of the first. */
const texts = [
  [0, 5, 9, 2],
  [0, 7, 8, 11, 13, 28, 2],
  [0, 5, 9, 2],
  [0, 3, 2],
  [0, 3, 4, 5, 6, 2],
  [0, 20, 21, 2],
];
const sentences = [4, 7, 4];
const targets = sentences.map((sentence) =>
  randomStream(5, 'target', sentence).normals(promptLength * config.hidden_size),
);
const scale = 1 / (sentences.length * targets[0]!.length);
const facts: LossFacts = {
  positionWeights: randomStream(6, 'weights').normals(promptLength).map(Math.abs),
  center: randomStream(7, 'center').normals(config.hidden_size, 0, 0.1),
};
let runtime: Runtime;

beforeAll(async () => {
  runtime = await openRuntime('cpu', { threads: 1 });
});

interface Setting {
  readonly step: StepGraph;
  readonly session: Session;
  readonly feeds: Record<string, Tensor>;
  readonly constants: Float64Array;
}

async function setting(
  modelType: string,
  loss: LossSettings,
  given: LossFacts,
  fold = true,
): Promise<Setting> {
  const model = encoderModel(modelType, config, 'config');
  const step = stepGraph(model, objective, 'length', { loss });
  const spread = spreadsPads(loss, model);
  const both = [...targets, ...targets];
  const batch = makeBatch(texts, both, scale, { model, padId: 1, perPosition: true, fold, spread });
  const parameters = [...step.parameters].map(([name, { shape }]) => {
    const sizes = shape as number[];
    const count = sizes.reduce((a, b) => a * b, 1);
    return [name, floatTensor(randomStream(3, name).normals(count, 0, 0.4), sizes)] as const;
  });
  const extra = loss === plain ? {} : lossFeeds(loss, given, sentences);
  return {
    step,
    session: await compile(runtime, step.graph, {
      losses: step.losses,
      total: step.total,
      ...step.gradients,
    }),
    feeds: { ...batch.feeds, ...extra, ...Object.fromEntries(parameters) },
    constants: batch.constants,
  };
}

const even: LossFacts = { ...facts, positionWeights: new Float32Array(promptLength).fill(1) };

test('weighed evenly, with its pads spread, a student learns what it learns from the folded squares', async () => {
  const folded = await setting('roberta', plain, even);
  const spread = await setting('roberta', { ...plain, positions: 'reading' }, even);
  const [a, b] = [await folded.session.run(folded.feeds), await spread.session.run(spread.feeds)];
  for (const name of folded.step.parameters.keys()) {
    const [one, other] = [a, b].map((results) => results[gradientName(name)]!.data as Float32Array);
    const error = Math.max(...one!.map((value, i) => Math.abs(value - other![i]!)));
    expect(error, name).toBeLessThan(1e-6);
  }
});

const everything: LossSettings = {
  english: 0.7,
  korean: 1.3,
  positions: 'reading',
  cosine: 0.8,
  contrastive: 0.5,
  temperature: 0.2,
};

test.each(['roberta', 'ksd_roberta_bias'])(
  'the reported losses of a %s are mean squared errors whatever is taught',
  async (modelType) => {
    const [one, other] = [
      await setting(modelType, plain, facts),
      await setting(modelType, everything, facts),
    ];
    const sums = async ({ session, feeds, constants }: Setting) =>
      ((await session.run(feeds))['losses']!.data as Float32Array).map((loss, i) => loss + constants[i]!);
    const expected = await sums(one);
    (await sums(other)).forEach((sum, i) => {
      expect(Math.abs(sum / expected[i]! - 1)).toBeLessThan(1e-5);
    });
  },
);

test.each([
  ['positions and languages', { ...everything, cosine: 0, contrastive: 0 }],
  ['cosine', { ...plain, cosine: 1 }],
  ['InfoNCE', { ...plain, contrastive: 1, temperature: 0.2 }],
  ['all of them', everything],
])('the gradient of a loss with %s agrees with finite differences', async (_, loss) => {
  const { step, session, feeds } = await setting('roberta', loss, facts);
  const results = await session.run(feeds);
  const totalAt = async (name: string, direction: Float32Array, by: number) => {
    const { data, shape } = feeds[name] as Tensor<Float32Array>;
    const moved = floatTensor(
      data.map((value, i) => value + by * direction[i]!),
      shape,
    );
    return ((await session.run({ ...feeds, [name]: moved }, ['total']))['total']!.data as Float32Array)[0]!;
  };
  for (const name of step.parameters.keys()) {
    const gradient = results[gradientName(name)]!.data as Float32Array;
    const norm = Math.hypot(...gradient);
    if (norm < 1e-5) continue; // key biases change nothing
    const direction = gradient.map((value) => value / norm);
    const by = 4e-3;
    const slope = ((await totalAt(name, direction, by)) - (await totalAt(name, direction, -by))) / (2 * by);
    expect(Math.abs(slope - norm), name).toBeLessThan(0.02 * norm + 2e-4);
  }
});

test('a language of weight 0 teaches nothing', async () => {
  const { session, feeds } = await setting('roberta', { ...plain, english: 0, korean: 0 }, even);
  const results = await session.run(feeds);
  expect((results['total']!.data as Float32Array)[0]).toBe(0);
});

test('a student that is compared by one row a text cannot weigh positions', () => {
  expect(() => checkLoss(everything, false)).toThrow(/one row a text/);
  expect(() => checkLoss(plain, false)).not.toThrow();
});
