import { expect, test } from 'vitest';
import { InputError } from '../errors.ts';
import { solid } from '../pictures/image.ts';
import { torchGenerator } from '../random/torch.ts';
import { pictureNoise, seedsOf } from './latents.ts';
import { type GenerationRequest, settle } from './request.ts';

const model = { side: 64, factor: 4 };

test('a prompt alone is a whole request', () => {
  expect(settle({ prompt: '빨간 사과' }, model)).toEqual({
    prompts: ['빨간 사과'],
    negativePrompts: [''],
    seeds: [0],
    steps: 25,
    guidance: 7.5,
    width: 64,
    height: 64,
  });
});

test('every prompt gets its batch of pictures, and every picture a seed', () => {
  const { prompts, negativePrompts, seeds } = settle(
    { prompt: ['a', 'b'], negativePrompt: ['x', 'y'], batch: 2, seed: 5 },
    model,
  );
  expect(prompts).toEqual(['a', 'a', 'b', 'b']);
  expect(negativePrompts).toEqual(['x', 'x', 'y', 'y']);
  expect(seeds).toEqual([5, 6, 7, 8]);
});

test('image to image takes the size of its picture and has a strength', () => {
  const initImage = solid(72, 40, [1, 2, 3]);
  expect(settle({ prompt: '', initImage }, model)).toMatchObject({ width: 72, height: 40, strength: 0.8 });
});

test.each<[string, Partial<GenerationRequest>, RegExp]>([
  ['a width between two sizes', { width: 66 }, /width 66.*64 or 68/],
  ['a height below the least', { height: 3 }, /height 3.*Use 4/],
  ['a fractional width', { width: 64.5 }, /64 or 68/],
  ['a width that is no number', { width: Number.NaN }, /width NaN.*Use 512/],
  ['a gigantic height', { height: 1e9 }, /Use 4096/],
  ['no prompt', { prompt: [] }, /0 prompts/],
  ['a prompt that is no text', { prompt: 5 as never }, /prompt is 5/],
  ['a batch of nothing', { batch: 0 }, /0 pictures/],
  ['half a picture', { batch: 1.5 }, /1.5 pictures/],
  ['a huge batch', { batch: 1000 }, /1 to 256/],
  ['negative prompts of another number', { negativePrompt: ['a', 'b'] }, /2 negative prompts for 1/],
  ['an infinite guidance', { guidance: Number.POSITIVE_INFINITY }, /guidance Infinity/],
  ['a negative seed', { seed: -1 }, /seed -1/],
  ['a fractional seed', { seed: 0.5 }, /seed 0.5/],
  ['a seed of 2^63', { seed: 2n ** 63n }, /below 2\^63/],
  ['a seed that a number cannot hold', { seed: 2 ** 60 }, /bigint/],
  ['a batch whose last seed is out of range', { seed: 2n ** 63n - 1n, batch: 2 }, /below 2\^63/],
  ['seeds of another number', { seed: [1, 2] }, /2 seeds for 1/],
])('%s is refused in words', (_, part, message) => {
  const settling = () => settle({ prompt: 'a', ...part }, model);
  expect(settling).toThrow(InputError);
  expect(settling).toThrow(message);
});

test('seeds beyond what a number holds go on as bigints', () => {
  expect(seedsOf(Number.MAX_SAFE_INTEGER, 2)).toEqual([Number.MAX_SAFE_INTEGER, 2n ** 53n]);
});

test('a picture has the noise of its own generator, whatever else is in the batch, and goes on drawing from it', () => {
  const draw = pictureNoise([3, 9], [4, 3, 5]);
  const [first, second] = [draw(), draw()];
  const generator = torchGenerator(9);
  expect(first.subarray(60)).toEqual(generator.randn([1, 4, 3, 5]));
  expect(second.subarray(60)).toEqual(generator.randn([1, 4, 3, 5]));
  expect(first.subarray(0, 60)).toEqual(pictureNoise([3], [4, 3, 5])());
});
