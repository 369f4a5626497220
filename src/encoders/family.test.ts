/** What every family of text encoders must keep, shown on a tiny member of each. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readJsonObject, writeJson } from '../checkpoint/json.ts';
import { openTextEncoder as openFiles } from '../checkpoint/textEncoderFolder.ts';
import { createGraph } from '../graph/graph.ts';
import { compile } from '../runtime/compile.ts';
import { openRuntime } from '../runtime/node.ts';
import { modelTypes } from './family.ts';
import { tinyConfigs, writeRandomEncoder } from './testing.ts';
import { openTextEncoder } from './textEncoder.ts';
import { variationGraph } from './variations.ts';

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'ksd-family-'));
});
afterEach(() => rm(scratch, { recursive: true }));

const texts = ['빨간 사과', '', 'a red apple on a blue background'];

async function statesOf(folder: string) {
  const encoder = await openTextEncoder(await openRuntime('cpu'), folder);
  const states = await encoder.encode(texts);
  await encoder.dispose();
  return { encoder, states };
}

test('there is a tiny member of every family', () => {
  const types = Object.values(tinyConfigs).map((config) => config['model_type']);
  expect(types.sort()).toEqual([...modelTypes].sort());
});

describe.each(Object.entries(tinyConfigs))('%s', (_, config) => {
  test('gives states of the same shape without its last layer', async () => {
    await writeRandomEncoder(join(scratch, 'encoder'), config);
    const encoder = await openTextEncoder(await openRuntime('cpu'), join(scratch, 'encoder'));
    const [whole, skipped] = [await encoder.encode(texts), await encoder.encode(texts, { clipSkip: 2 })];
    expect(skipped.shape).toEqual(whole.shape);
    expect(skipped.data).not.toEqual(whole.data);
    await encoder.dispose();
  });

  test('takes the vectors of textual inversion', async () => {
    await writeRandomEncoder(join(scratch, 'encoder'), config);
    const encoder = await openTextEncoder(await openRuntime('cpu'), join(scratch, 'encoder'));
    expect(() => variationGraph(encoder.model, 'encoder', { clipSkip: 1, extra: true })).not.toThrow();
    await encoder.dispose();
  });

  test('gives 77 finite states a text, which differ from text to text', async () => {
    await writeRandomEncoder(join(scratch, 'encoder'), config);
    const { states, encoder } = await statesOf(join(scratch, 'encoder'));
    expect(states.shape).toEqual([3, 77, encoder.model.hiddenSize]);
    expect(states.data.every(Number.isFinite)).toBe(true);
    const row = (i: number) => states.data.slice(i * 77 * 16, (i + 1) * 77 * 16);
    expect(row(0)).not.toEqual(row(1));
    expect(row(1)).not.toEqual(row(2));
  });

  test('has equal states at all pads exactly if it says so, and then folds them without a difference', async () => {
    await writeRandomEncoder(join(scratch, 'encoder'), config);
    const { encoder, states } = await statesOf(join(scratch, 'encoder'));
    const { model, tokenizer } = encoder;
    const length = tokenizer.encode(texts[0]!).ids.length;
    const size = model.hiddenSize;
    const at = (place: number) => [...states.data.subarray(place * size, (place + 1) * size)];
    const apart = at(length).map((value, j) => Math.abs(value - at(76)[j]!));
    const equal = Math.max(...apart) < 1e-5;
    // Some make the states of equal pads differ by position at the end: distillation/kinds.test.ts folds those.
    const folds = model.equalPadId !== undefined && model.outputRows === undefined;
    expect(equal).toBe(folds);
    if (!folds) return;

    const ids = Int32Array.from([...tokenizer.encode(texts[0]!).ids, model.equalPadId!]);
    const keyBias = new Float32Array(ids.length);
    keyBias[length] = Math.log(77 - length);
    const graph = createGraph();
    const { lastHiddenState } = model.build(graph, 'length');
    const { weights } = await openFiles(join(scratch, 'encoder'));
    const session = await compile(await openRuntime('cpu'), graph, { states: lastHiddenState }, weights);
    const folded = (await session.run(model.feeds(ids, ids.length, keyBias)))['states']!.data as Float32Array;
    folded.forEach((value, i) => {
      expect(value).toBeCloseTo(states.data[i]!, 4);
    });
    await session.dispose();
  });

  test('names the file, the key and the numbers when vocabulary or positions do not suffice', async () => {
    const folder = join(scratch, 'encoder');
    await writeRandomEncoder(folder, config);
    await rewrite(folder, (whole) => ({ ...whole, vocab_size: 5999 }));
    await expect(statesOf(folder)).rejects.toThrow(/config\.json: the tokenizer has 6000 entries.*5999/);
    await rewrite(folder, (whole) => ({ ...whole, vocab_size: 6000, max_position_embeddings: 76 }));
    await expect(statesOf(folder)).rejects.toThrow(/config\.json: .*77 tokens.*7[64] positions/);
  });
});

test('XLM-RoBERTa gives the states of RoBERTa', async () => {
  const roberta = 'fixtures/golden/pipeline/roberta';
  const folder = join(scratch, 'xlm');
  await cp(join(roberta, 'text_encoder'), folder, { recursive: true });
  await cp(join(roberta, 'tokenizer'), join(folder, 'tokenizer'), { recursive: true });
  await rewrite(folder, (config) => ({ ...config, model_type: 'xlm-roberta' }));
  const { states, encoder } = await statesOf(folder);
  expect(encoder.model.transformers?.className).toBe('XLMRobertaModel');
  expect(states).toEqual((await statesOf(join(roberta, 'text_encoder'))).states);
});

test('a whole CLIP gives the states of its text half', async () => {
  const own = 'models/emoji-sd/model';
  const folder = join(scratch, 'clip');
  await cp(join(own, 'text_encoder'), folder, { recursive: true });
  await cp(join(own, 'tokenizer'), join(folder, 'tokenizer'), { recursive: true });
  await rewrite(folder, (config) => ({ model_type: 'clip', text_config: config, vision_config: {} }));
  expect((await statesOf(folder)).states).toEqual((await statesOf(join(own, 'text_encoder'))).states);
});

async function rewrite(folder: string, change: (config: object) => object): Promise<void> {
  const path = join(folder, 'config.json');
  const config = await readJsonObject(path);
  await rm(path, { force: true });
  await writeJson(path, change(config));
}

test('the config of one family beside the weights of another is refused', async () => {
  const folder = join(scratch, 'mixed');
  await writeRandomEncoder(folder, tinyConfigs['RoBERTa']!);
  await rewrite(folder, () => ({ ...tinyConfigs['CLIP'], vocab_size: 6000 }));
  await expect(statesOf(folder)).rejects.toThrow(/holds no tensor text_model\..*belong to the config beside/);
});
