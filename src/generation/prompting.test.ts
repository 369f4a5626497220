import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openSafetensors } from '../checkpoint/safetensors.ts';
import { writeSafetensors } from '../checkpoint/safetensorsWriter.ts';
import { readFloat32, tensorNamed } from '../checkpoint/tensorEntry.ts';
import { openTextualInversion } from '../checkpoint/textualInversionFile.ts';
import { openTextEncoder } from '../encoders/textEncoder.ts';
import { ConfigError, InputError } from '../errors.ts';
import type { Image } from '../pictures/image.ts';
import { parseParameters } from '../pictures/parameters.ts';
import { decodePng } from '../pictures/png.ts';
import { openRuntime } from '../runtime/node.ts';
import { escapePrompt } from '../text/promptSyntax.ts';
import { encodePrompts } from './conditions.ts';
import { openPipeline } from './open.ts';
import { pictureFile } from './picture.ts';
import type { PromptOptions } from './prompting.ts';
import { requestOf } from './recipe.ts';
import type { GenerationRequest } from './request.ts';

const runtime = await openRuntime('cpu');
const pipeline = await openPipeline(runtime, 'models/emoji-sd/model');
const roberta = await openTextEncoder(runtime, 'models/students/roberta');
const clip = await openTextEncoder(runtime, 'models/emoji-sd/model/text_encoder');
const folder = await mkdtemp(join(tmpdir(), 'ksd-prompts-'));
afterAll(() =>
  Promise.all([pipeline.dispose(), roberta.dispose(), clip.dispose(), rm(folder, { recursive: true })]),
);

const encoders = [
  ['roberta', roberta],
  ['clip', clip],
] as const;

async function statesOf(encoder: typeof roberta, prompt: string, options?: PromptOptions) {
  return (await encodePrompts(encoder, [prompt], undefined, options)).conditions.states;
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] as number))));
}

const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe.each(encoders)('%s', (_, encoder) => {
  const prompt = '파란색 배경의 빨간 사과, a red apple';

  test('weights of 1 give the states of the plain text, to the bit', async () => {
    const plain = await encoder.encode([prompt]);
    expect(await statesOf(encoder, prompt)).toEqual(plain);
    expect(await statesOf(encoder, '(파란색:1) 배경의 (([빨간 사과]:1.1):1), (a red:1.0) apple')).toEqual(
      plain,
    );
    expect(await statesOf(encoder, prompt, { promptSyntax: 'plain' })).toEqual(plain);
  });

  test('a weight scales the states of its tokens beside those of the others, and the mean stays', async () => {
    const plain = await statesOf(encoder, prompt);
    const heavy = await statesOf(encoder, prompt.replace('빨간 사과', '(빨간 사과:1.5)'));
    expect(mean(heavy.data)).toBeCloseTo(mean(plain.data), 6);
    const width = encoder.model.hiddenSize;
    const ratio = (token: number) =>
      (heavy.data[token * width + 3] as number) / (plain.data[token * width + 3] as number);
    const before = encoder.tokenizer.count('파란색 배경의') - 2;
    expect(ratio(before + 1) / ratio(0)).toBeCloseTo(1.5, 4);
    expect(ratio(before) / ratio(0)).toBeCloseTo(1, 4);
    expect(ratio(76) / ratio(0)).toBeCloseTo(1, 4);
  });

  test('literal brackets are kept with escapes or in plain syntax', async () => {
    const literal = 'a (red) [apple]';
    const plain = await encoder.encode([literal]);
    expect(await statesOf(encoder, literal, { promptSyntax: 'plain' })).toEqual(plain);
    expect(await statesOf(encoder, escapePrompt(literal))).toEqual(plain);
    expect((await statesOf(encoder, literal)).data).not.toEqual(plain.data);
  });

  test('a long prompt gives the states of its chunks, one after the other, and the negative one as many', async () => {
    const words = 'red apple '.repeat(40);
    const { conditions, warnings } = await encodePrompts(encoder, [words], ['']);
    const width = encoder.model.hiddenSize;
    const { ids } = encoder.tokenizer.encode(words);
    const chunks = Math.ceil((ids.length - 2) / 75);
    expect(chunks).toBeGreaterThan(1);
    expect(warnings).toEqual([]);
    expect(conditions.states.shape).toEqual([1, 77 * chunks, width]);
    expect(conditions.negativeStates?.shape).toEqual([1, 77 * chunks, width]);
    const empty = await encoder.encode(['']);
    const last = conditions.negativeStates?.data.slice(-77 * width) ?? [];
    expect(largestDifference(last, empty.data)).toBeLessThan(1e-5);
    const broken = await statesOf(encoder, 'a red BREAK blue apple');
    const parts = await encoder.encode(['a red', 'blue apple']);
    expect(largestDifference(broken.data, parts.data)).toBeLessThan(1e-5);
  });

  test('an embedding with the vectors of a word gives the states of the word', async () => {
    const path = join(folder, `${encoder.model.modelType}.safetensors`);
    await writeEmbedding(path, encoder, 'apple red');
    const embedding = await openTextualInversion(path, '장난감');
    const options = { embeddings: [embedding] };
    const expected = await statesOf(encoder, 'a apple red, 파란색 배경');
    const used = await statesOf(encoder, 'a 장난감, 파란색 배경', options);
    expect(largestDifference(used.data, expected.data)).toBeLessThan(1e-5);
    const byToken = await statesOf(encoder, 'a (<toy>:1.3), 파란색 배경', options);
    const weighted = await statesOf(encoder, 'a (apple red:1.3), 파란색 배경', options);
    expect(largestDifference(byToken.data, weighted.data)).toBeLessThan(1e-5);
    expect(await statesOf(encoder, 'a apple red, 파란색 배경', options)).toEqual(expected);
  });

  test('clip skip reads an earlier layer, and one beyond the layers is refused', async () => {
    const [last, before] = [
      await statesOf(encoder, prompt),
      await statesOf(encoder, prompt, { clipSkip: 2 }),
    ];
    expect(largestDifference(last.data, before.data)).toBeGreaterThan(0.01);
    expect(await statesOf(encoder, prompt, { clipSkip: 1 })).toEqual(last);
    await statesOf(encoder, prompt, { clipSkip: 4 });
    await expect(statesOf(encoder, prompt, { clipSkip: 5 })).rejects.toThrow(InputError);
    await expect(statesOf(encoder, prompt, { clipSkip: 5 })).rejects.toThrow(/clip skip of 5.*has 4 layers/);
    expect(await statesOf(encoder, prompt)).toEqual(last);
  });
});

/** The embedding rows of the words' tokens, under the token <toy>. */
async function writeEmbedding(path: string, encoder: typeof roberta, words: string): Promise<void> {
  const [weights, name] =
    encoder === clip
      ? ['models/emoji-sd/model/text_encoder', 'text_model.embeddings.token_embedding.weight']
      : ['models/students/roberta', 'embeddings.word_embeddings.weight'];
  const table = await readFloat32(tensorNamed(await openSafetensors(`${weights}/model.safetensors`), name));
  const width = encoder.model.hiddenSize;
  const ids = encoder.tokenizer.encode(words).ids.slice(1, -1);
  const data = Float32Array.from({ length: ids.length * width }, (_, i) => {
    return table[(ids[Math.floor(i / width)] as number) * width + (i % width)] as number;
  });
  await writeSafetensors(path, [{ name: '<toy>', dtype: 'F32', shape: [ids.length, width], data }]);
}

test('an embedding of another width is refused with both widths', async () => {
  const embedding = { names: ['x'], source: 'x.pt', vectors: new Float32Array(768), count: 1, width: 768 };
  const using = encodePrompts(roberta, ['x'], undefined, { embeddings: [embedding] });
  await expect(using).rejects.toThrow(ConfigError);
  await expect(using).rejects.toThrow(/x\.pt has vectors of 768 numbers.*roberta has vectors of 192/);
});

test.each<[string, PromptOptions]>([
  ['a clip skip of 0', { clipSkip: 0 }],
  ['half a clip skip', { clipSkip: 1.5 }],
  ['an unknown syntax', { promptSyntax: 'compel' as never }],
  ['an unknown way', { longPrompts: 'drop' as never }],
  ['a prompt without end', { longPrompts: 'chunk' }],
])('%s is refused', async (_, options) => {
  await expect(pipeline.draw({ prompt: 'red '.repeat(5000), steps: 1, ...options })).rejects.toThrow(
    InputError,
  );
});

const request: GenerationRequest = { prompt: '', textEncoder: roberta, guidance: 5, seed: 1, steps: 12 };

async function draw(prompt: string, more: Partial<GenerationRequest> = {}): Promise<Image> {
  return (await pipeline.draw({ ...request, prompt, ...more })).images[0] as Image;
}

/** Means of red, green and blue over the four corners. */
function corners({ width, height, data }: Image): number[] {
  const side = 6;
  const near = (at: number, length: number) => at < side || at >= length - side;
  return [0, 1, 2].map((channel) => {
    let [sum, count] = [0, 0];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        if (!near(x, width) || !near(y, height)) continue;
        sum += data[(y * width + x) * 3 + channel] as number;
        count++;
      }
    }
    return sum / count;
  });
}

test('the end of a prompt of over 75 tokens reaches the picture, and no longer does when it is cut', async () => {
  const filler = '사과 '.repeat(80);
  const [blue, yellow] = [`${filler}BREAK 파란색 배경의 사과`, `${filler}BREAK 노란색 배경의 사과`];
  const ends = await Promise.all([draw(blue), draw(yellow)]);
  const cut = await Promise.all([draw(blue, { longPrompts: 'cut' }), draw(yellow, { longPrompts: 'cut' })]);
  expect(cut[0]).toEqual(cut[1]);
  expect(largestDifference(corners(ends[0] as Image), corners(ends[1] as Image))).toBeGreaterThan(50);
});

test('the heavier of two background colours wins', async () => {
  const [blue, yellow] = await Promise.all([
    draw('(파란색 배경:1.6)의 사과 BREAK (노란색 배경:0.6)의 사과'),
    draw('(파란색 배경:0.6)의 사과 BREAK (노란색 배경:1.6)의 사과'),
  ]);
  const blueness = ([red = 0, , blue = 0]: number[]) => blue - red;
  expect(blueness(corners(blue as Image))).toBeGreaterThan(blueness(corners(yellow as Image)) + 80);
});

test('what a picture tells of itself draws it again', async () => {
  const whole: GenerationRequest = {
    ...request,
    prompt: `(빨간 사과:1.3), [어두운] \\(배경\\), ${'red '.repeat(80)}`,
    negativePrompt: '(흐린:1.2)',
    clipSkip: 2,
    scheduler: 'euler',
    steps: 4,
  };
  const drawn = await pipeline.draw(whole);
  const { text } = decodePng(pictureFile(drawn.images[0] as Image, drawn.generation, 0));
  expect(text['parameters']).toContain('Clip skip: 2');
  const again = requestOf(parseParameters(text['parameters'] ?? ''));
  expect((await pipeline.draw({ ...again, textEncoder: roberta })).images).toEqual(drawn.images);
  const plain = await pipeline.draw({ ...whole, promptSyntax: 'plain', longPrompts: 'cut' });
  const plainText =
    decodePng(pictureFile(plain.images[0] as Image, plain.generation, 0)).text['parameters'] ?? '';
  expect(plainText).toContain('Emphasis: None, Long prompts: cut');
  expect(
    (await pipeline.draw({ ...requestOf(parseParameters(plainText)), textEncoder: roberta })).images,
  ).toEqual(plain.images);
});
