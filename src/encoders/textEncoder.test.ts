import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openTextEncoder as openFiles } from '../checkpoint/textEncoderFolder.ts';
import { compile } from '../runtime/compile.ts';
import { openRuntime } from '../runtime/node.ts';
import { encodeBatch, promptLength } from '../text/tokenizer.ts';
import { encoderModel } from './family.ts';
import { openTextEncoder } from './textEncoder.ts';
import { variationGraph } from './variations.ts';

const roberta = 'fixtures/golden/pipeline/roberta';

/** A copy of an encoder with its tokenizer inside, whose config.json is changed. */
async function changed(config: object): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ksd-encoder-'));
  await cp(join(roberta, 'text_encoder'), folder, { recursive: true });
  await cp(join(roberta, 'tokenizer'), join(folder, 'tokenizer'), { recursive: true });
  const path = join(folder, 'config.json');
  const json = JSON.parse(await readFile(path, 'utf8'));
  await rm(path, { force: true });
  await writeFile(path, JSON.stringify({ ...json, ...config }));
  return folder;
}

test('texts give 77 states each, whatever the size of the engine run', async () => {
  const runtime = await openRuntime('cpu');
  const texts = ['빨간 사과', '', 'a red apple', '초록색 사과', '가'.repeat(10_000)];
  const [one, many] = await Promise.all(
    [1, 32].map((batchSize) => openTextEncoder(runtime, join(roberta, 'text_encoder'), { batchSize })),
  );
  const [a, b] = [await one!.encode(texts), await many!.encode(texts)];
  expect(a.shape).toEqual([5, 77, one!.model.hiddenSize]);
  a.data.forEach((value, i) => {
    expect(value).toBeCloseTo(b.data[i]!, 4);
  });
});

test.each([
  [{ model_type: 'gpt2' }, /model_type is "gpt2"/],
  [{ hidden_act: 'mish' }, /hidden_act is "mish"/],
  [{ num_attention_heads: 5 }, /num_attention_heads is 5: must divide hidden_size/],
  [{ hidden_size: undefined }, /hidden_size is missing/],
  [{ position_embedding_type: 'relative_key' }, /position_embedding_type/],
  [{ vocab_size: 100 }, /the tokenizer has 8000 entries/],
  [{ intermediate_size: 41 }, /has shape .* but the config asks for/],
])('a config with %j is a clear error', async (config, message) => {
  const folder = await changed(config);
  await expect(openTextEncoder(await openRuntime('cpu'), folder)).rejects.toThrow(message);
});

test('folded pads give the states that all pads give, to 1e-5', async () => {
  const runtime = await openRuntime('cpu');
  const folder = 'models/students/roberta';
  const { config, configSource, modelType, weights } = await openFiles(folder);
  const encoder = await openTextEncoder(runtime, folder);
  const { model, tokenizer } = encoder;
  const texts = ['파란색 배경의 빨간 사과', '', '고양이 [PAD] 얼굴', '가'.repeat(10_000), '사과'];
  const { ids } = encodeBatch(tokenizer, texts, promptLength);
  const { graph, states } = variationGraph(encoderModel(modelType, config, configSource), 'padded', {
    clipSkip: 1,
    extra: false,
  });
  const session = await compile(runtime, graph, { states }, weights);
  const padded = (await session.run(model.feeds(ids, promptLength)))['states']!.data as Float32Array;
  await session.dispose();
  for (const some of [texts, texts.slice(0, 3), ['']]) {
    const { data, shape } = await encoder.encode(some);
    expect(shape).toEqual([some.length, promptLength, model.hiddenSize]);
    const first = texts.indexOf(some[0]!) * promptLength * model.hiddenSize;
    const worst = data.reduce((most, value, i) => Math.max(most, Math.abs(value - padded[first + i]!)), 0);
    expect(worst).toBeLessThan(1e-5);
  }
  await encoder.dispose();
});
