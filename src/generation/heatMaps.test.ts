import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { openTextEncoder, type TextEncoder } from '../encoders/textEncoder.ts';
import { InputError } from '../errors.ts';
import type { Image } from '../pictures/image.ts';
import { openRuntime } from '../runtime/node.ts';
import { floatTensor } from '../runtime/tensor.ts';
import { readTokens, rowGroups } from '../text/tokenReading.ts';
import { encodePrompts } from './conditions.ts';
import { grouped, type HeatMaps, heatMapSum, shareOf } from './heatMaps.ts';
import { openPipeline } from './open.ts';

const runtime = await openRuntime('cpu');
const pipeline = await openPipeline(runtime, 'models/emoji-sd/model');
const teacher = await pipeline.textEncoder();
const student = await openTextEncoder(runtime, 'models/students/roberta');

afterAll(() => Promise.all([pipeline.dispose(), student.dispose()]));

async function mapsOf(encoder: TextEncoder, prompt: string, seed: number) {
  const { conditions } = await encodePrompts(encoder, [prompt], ['']);
  const sum = heatMapSum();
  const request = { prompt, conditions, seed, steps: 12, guidance: 5 };
  let latents = floatTensor(new Float32Array(0), []);
  for await (const step of pipeline.generate(request)) {
    sum.add(await pipeline.attentionMaps(step.seen, step.timestep, conditions.states));
    ({ latents } = step);
  }
  const [picture] = await pipeline.decode(latents);
  const tokens = sum.mean(64, 64);
  const groups = rowGroups(readTokens(encoder.tokenizer, prompt));
  const words = grouped(
    tokens,
    groups.map(({ rows }) => rows),
  );
  const map = (word: string) => words.maps[groups.findIndex(({ text }) => text === word)] as Float32Array;
  return { picture: picture as Image, tokens, words, map };
}

/** How much more a map lies where the red object is than where the blue background is, as the ratio of their means. */
function onRed({ data }: Image, map: Float32Array): number {
  const sums = { red: [0, 0], blue: [0, 0] };
  map.forEach((value, i) => {
    const [red, , blue] = data.subarray(3 * i, 3 * i + 3) as unknown as [number, number, number];
    const side = sums[red > blue ? 'red' : 'blue'];
    side[0]! += value;
    side[1]! += 1;
  });
  return sums.red[0]! / sums.red[1]! / (sums.blue[0]! / sums.blue[1]!);
}

function expectWhole({ maps }: HeatMaps) {
  for (let place = 0; place < (maps[0] as Float32Array).length; place++) {
    expect(maps.reduce((sum, map) => sum + (map[place] as number), 0)).toBeCloseTo(1, 4);
  }
}

test('the word of the object lies on the object, that of the background does not, in the original', async () => {
  for (const seed of [1, 2]) {
    const { picture, tokens, words, map } = await mapsOf(teacher, 'a red apple on a blue background', seed);
    expect(tokens.maps).toHaveLength(77);
    expectWhole(tokens);
    expectWhole(words);
    expect(onRed(picture, map('apple'))).toBeGreaterThan(1.4);
    expect(onRed(picture, map('red'))).toBeGreaterThan(1.2);
    expect(onRed(picture, map('background'))).toBeLessThan(onRed(picture, map('apple')) - 0.3);
  }
});

test("a student's words are on the object as well, and its maps share out every place", async () => {
  const { picture, words, map } = await mapsOf(student, '파란색 배경의 빨간 사과', 1);
  expectWhole(words);
  expect(onRed(picture, map('사과'))).toBeGreaterThan(1.2);
  expect(words.maps.reduce((sum, one) => sum + shareOf(one), 0)).toBeCloseTo(1, 4);
});

test('maps of several sizes count by their attentions, and enlarging keeps what a place sums to', () => {
  const positive = fc.float({ min: Math.fround(0.01), max: 1, noNaN: true });
  const arbitrary = fc.tuple(
    fc.array(positive, { minLength: 12, maxLength: 12 }),
    fc.array(positive, { minLength: 2, maxLength: 2 }),
  );
  fc.assert(
    fc.property(
      arbitrary,
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      ([fine, coarse], width, height) => {
        const share = (values: number[], places: number, attentions: number) =>
          values.map(
            (value, i) =>
              (attentions * value) /
              ((values[i % places] as number) + (values[(i % places) + places] as number)),
          );
        const sum = heatMapSum();
        const [a, b] = [share(fine, 6, 3), share(coarse, 1, 1)];
        sum.add([
          floatTensor(Float32Array.from(a), [1, 2, 2, 3]),
          floatTensor(Float32Array.from(b), [1, 2, 1, 1]),
        ]);
        const whole = sum.mean(width, height);
        expectWhole(whole);
        const natural = sum.mean(3, 2);
        natural.maps.forEach((map, token) => {
          map.forEach((value, place) => {
            expect(value).toBeCloseTo(((a[token * 6 + place] as number) + (b[token] as number)) / 4, 5);
          });
        });
      },
    ),
  );
});

test('without any step there are no maps', () => {
  expect(() => heatMapSum().mean(8, 8)).toThrow(InputError);
});
