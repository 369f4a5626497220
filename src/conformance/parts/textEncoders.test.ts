import { expect, test } from 'vitest';
import { textEncodersPart } from './textEncoders.ts';

test('every hidden state of CLIP and RoBERTa agrees with transformers', async () => {
  const results = [];
  for await (const result of textEncodersPart.check('fixtures/golden/text_encoders')) results.push(result);
  expect(results.length).toBeGreaterThan(20);
  expect(results.filter((result) => !result.passed)).toEqual([]);
});
