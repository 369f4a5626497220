import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openSafetensors } from '../checkpoint/safetensors.ts';
import { openSafetyCheckerFolder } from '../checkpoint/safetyCheckerFolder.ts';
import { readFloat32, tensorNamed } from '../checkpoint/tensorEntry.ts';
import { ConfigError } from '../errors.ts';
import { createGraph, input } from '../graph/graph.ts';
import { compile } from '../runtime/compile.ts';
import { openRuntime } from '../runtime/node.ts';
import { type FloatTensor, floatTensor } from '../runtime/tensor.ts';
import { clipVisionModel, parseClipVisionConfig } from './clipVision.ts';

const files = 'fixtures/reference/safety';
const json: Record<string, unknown> = JSON.parse(readFileSync(`${files}/safety_checker/config.json`, 'utf8'));
const vision = json['vision_config'] as Record<string, unknown>;

async function reference(name: string): Promise<FloatTensor> {
  const entry = tensorNamed(await openSafetensors(`${files}/cases.safetensors`), name);
  return floatTensor(await readFloat32(entry), entry.shape);
}

it('agrees with transformers, whatever the number of pictures', async () => {
  const pixels = await reference('pixel_values');
  const graph = createGraph();
  const config = parseClipVisionConfig(json);
  const feed = input(graph, 'pixels', 'float32', ['batch', ...pixels.shape.slice(1)]);
  const { lastHiddenState: last_hidden_state, imageEmbeds: image_embeds } = clipVisionModel(
    graph,
    config,
    feed,
  );
  const { weights } = await openSafetyCheckerFolder(files);
  const runtime = await openRuntime('cpu');
  const session = await compile(runtime, graph, { last_hidden_state, image_embeds }, weights);
  const results = await session.run({ pixels });
  for (const name of ['last_hidden_state', 'image_embeds']) {
    const expected = await reference(name);
    const actual = results[name] as FloatTensor;
    expect(actual.shape, name).toEqual(expected.shape);
    const worst = actual.data.reduce((most, x, i) => Math.max(most, Math.abs(x - expected.data[i]!)), 0);
    expect(worst, name).toBeLessThan(1e-4);
  }
  await session.dispose();
});

it('reads the config of a vision model alone as that of a whole CLIP', () => {
  const alone = { ...vision, projection_dim: json['projection_dim'] };
  expect(parseClipVisionConfig(alone)).toEqual(parseClipVisionConfig(json));
  // The projection of a whole CLIP is its own; its vision_config may say something else.
  expect(vision['projection_dim']).not.toBe(json['projection_dim']);
});

it('reads the old way of writing what differs from the defaults', () => {
  const dictionary = { hidden_size: 1024, num_attention_heads: 16, patch_size: 14 };
  const old = {
    model_type: 'clip',
    projection_dim: 768,
    vision_config: null,
    vision_config_dict: dictionary,
  };
  expect(parseClipVisionConfig(old)).toMatchObject({
    hiddenSize: 1024,
    patchSize: 14,
    imageSize: 224,
    projectionDim: 768,
    hiddenAct: 'quick_gelu',
  });
});

it.each([
  ['num_attention_heads', 5],
  ['hidden_act', 'mish'],
  ['patch_size', 29],
  ['image_size', '28'],
])('refuses %s %j, naming file, key and value', (key, value) => {
  const parse = () =>
    parseClipVisionConfig({ ...json, vision_config: { ...vision, [key]: value } }, 'config.json');
  expect(parse).toThrow(ConfigError);
  expect(parse).toThrow(`config.json, vision_config: ${key} is ${JSON.stringify(value)}`);
});
