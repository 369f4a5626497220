import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openSafetensors } from '../checkpoint/safetensors.ts';
import { readFloat32, tensorNamed, type Weights } from '../checkpoint/tensorEntry.ts';
import { openWeightsIn } from '../checkpoint/weights.ts';
import { ConfigError } from '../errors.ts';
import { createGraph, type Graph, input, type Value } from '../graph/graph.ts';
import { compile } from '../runtime/compile.ts';
import { openRuntime } from '../runtime/node.ts';
import { type FloatTensor, floatTensor } from '../runtime/tensor.ts';
import { decodeTiny, encodeTiny, parseTaesdConfig, type TaesdConfig, taesdScaleFactor } from './taesd.ts';

const folder = 'fixtures/reference/taesd/diffusers';
const json: Record<string, unknown> = JSON.parse(readFileSync(`${folder}/config.json`, 'utf8'));
const config = parseTaesdConfig(json);
const cases = await openSafetensors('fixtures/reference/taesd/cases.safetensors');

async function reference(weights: Weights, name: string): Promise<FloatTensor> {
  const entry = tensorNamed(weights, name);
  return floatTensor(await readFloat32(entry), entry.shape);
}

/** What `build` makes of the reference tensor `name`. */
async function run(
  name: string,
  build: (graph: Graph, config: TaesdConfig, x: Value) => Value,
): Promise<FloatTensor> {
  const x = await reference(cases, name);
  const graph = createGraph();
  const y = build(graph, config, input(graph, 'x', 'float32', ['batch', ...x.shape.slice(1)]));
  const session = await compile(await openRuntime('cpu'), graph, { y }, await openWeightsIn(folder));
  const { y: result } = await session.run({ x });
  await session.dispose();
  return result as FloatTensor;
}

it.each([
  ['decodes', 'latents', 'decoded', decodeTiny],
  ['encodes', 'pictures', 'encoded', encodeTiny],
] as const)('%s as the reference does', async (_, from, to, build) => {
  const actual = await run(from, build);
  const expected = await reference(cases, to);
  expect(actual.shape).toEqual(expected.shape);
  const worst = actual.data.reduce((most, x, i) => Math.max(most, Math.abs(x - expected.data[i]!)), 0);
  expect(worst).toBeLessThan(1e-5);
});

it('tells the size of the pictures from the number of levels', () => {
  expect(taesdScaleFactor(config)).toBe(8);
  const two = { ...json, decoder_block_out_channels: [6, 6], num_decoder_blocks: [1, 1] };
  expect(taesdScaleFactor(parseTaesdConfig(two))).toBe(2);
});

it('takes TAESD where the config says nothing', () => {
  expect(parseTaesdConfig({})).toEqual({
    latentChannels: 4,
    encoderChannels: 64,
    decoderChannels: 64,
    encoderBlocks: [1, 3, 3, 3],
    decoderBlocks: [3, 3, 3, 1],
  });
});

it.each([
  ['_class_name', 'AutoencoderKL'],
  ['act_fn', 'silu'],
  ['scaling_factor', 0.18215],
  ['upsampling_scaling_factor', 4],
  ['num_decoder_blocks', [3, 3, 1]],
  ['encoder_block_out_channels', [6, 6, 6, 12]],
])('refuses %s %j, naming file, key and value', (key, value) => {
  const parse = () => parseTaesdConfig({ ...json, [key]: value }, 'taesd/config.json');
  expect(parse).toThrow(ConfigError);
  expect(parse).toThrow(`taesd/config.json: ${key} is ${JSON.stringify(value)}`);
});
