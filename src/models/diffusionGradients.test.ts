/**
 * The gradients of whole models, checked as derivatives along random directions: one number tests every element.
 */
import { expect, it } from 'vitest';
import { loadParameter } from '../checkpoint/bind.ts';
import { readJson } from '../checkpoint/json.ts';
import { openWeightsIn } from '../checkpoint/weights.ts';
import { gradients } from '../graph/gradients.ts';
import { createGraph, type Graph, input, type Value } from '../graph/graph.ts';
import { mul } from '../graph/ops/arithmetic.ts';
import { reduceSum } from '../graph/ops/reduce.ts';
import { torchGenerator } from '../random/torch.ts';
import { compile } from '../runtime/compile.ts';
import { openRuntime } from '../runtime/node.ts';
import type { Tensors } from '../runtime/session.ts';
import { type FloatTensor, floatTensor } from '../runtime/tensor.ts';
import { unet } from './unet.ts';
import { parseUNetConfig } from './unetConfig.ts';
import { decodeLatents, encodeMoments } from './vae.ts';
import { parseVaeConfig } from './vaeConfig.ts';

const random = torchGenerator(7);

function randomTensor(shape: readonly number[]): FloatTensor {
  return floatTensor(random.randn(shape), shape);
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

/** Every parameter of the graph, from the weights in `folder`. */
async function parameterFeeds(graph: Graph, folder: string): Promise<Record<string, FloatTensor>> {
  const weights = await openWeightsIn(folder);
  const entries = [...graph.parameters].map(async ([name, { shape }]) => {
    const sizes = shape as readonly number[];
    return [name, floatTensor(await loadParameter(weights, name, sizes), sizes)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/**
 * Compares the gradient of sum(output * random) with central differences, along one random direction for each name.
 * The step is a hundredth of the value's norm or less: rounding and curvature then both stay below 1 %.
 */
async function expectDerivatives(
  graph: Graph,
  output: Value,
  inputs: Readonly<Record<string, FloatTensor>>,
  folder: string,
  names: readonly string[],
): Promise<void> {
  const upstream = input(graph, 'upstream', 'float32', output.shape);
  const loss = reduceSum(mul(output, upstream));
  const leaf = (name: string) => (graph.inputs.get(name) ?? graph.parameters.get(name)) as Value;
  const derivatives = gradients(loss, names.map(leaf));
  const outputs = Object.fromEntries(names.map((name, i) => [`d_${name}`, derivatives[i]!]));
  const runtime = await openRuntime('cpu');
  const session = await compile(runtime, graph, { loss, ...outputs });
  const batch = Object.values(inputs)[0]!.shape[0]!;
  const upstreamShape = [batch, ...(output.shape.slice(1) as number[])];
  const feeds: Record<string, FloatTensor> = {
    ...(await parameterFeeds(graph, folder)),
    ...inputs,
    upstream: randomTensor(upstreamShape),
  };
  const lossAt = async (changed: Tensors) =>
    ((await session.run({ ...feeds, ...changed }, ['loss']))['loss']!.data as Float32Array)[0]!;
  const results = await session.run(feeds);
  for (const name of names) {
    const { data, shape } = feeds[name]!;
    const gradient = results[`d_${name}`]!.data as Float32Array;
    // Half along the gradient, so that the derivative is not lost in rounding; half random, to see all elements.
    const noise = random.randn(shape);
    const ratio = Math.sqrt(dot(gradient, gradient) / dot(noise, noise));
    const direction = noise.map((value, i) => ratio * value + gradient[i]!);
    const step = (0.003 * Math.sqrt(dot(data, data))) / Math.sqrt(dot(direction, direction));
    const moved = (sign: number) => ({
      [name]: floatTensor(
        data.map((value, i) => value + sign * step * direction[i]!),
        shape,
      ),
    });
    const measured = ((await lossAt(moved(1))) - (await lossAt(moved(-1)))) / (2 * step);
    const computed = dot(gradient, direction);
    expect(
      Math.abs(measured / computed - 1),
      `${name}: ${measured} measured, ${computed} computed`,
    ).toBeLessThan(0.01);
  }
  await session.dispose();
}

it('has gradients of the U-Net that agree with finite differences, also where sizes are odd', async () => {
  const folder = 'fixtures/golden/unet/unet_v1';
  const config = parseUNetConfig(await readJson(`${folder}/config.json`));
  const graph = createGraph();
  const output = unet(graph, config, {
    sample: input(graph, 'sample', 'float32', ['batch', config.inChannels, 10, 6]),
    timestep: input(graph, 'timestep', 'float32', [1]),
    encoderHiddenStates: input(graph, 'text', 'float32', ['batch', 'length', config.crossAttentionDim]),
  });
  const inputs = {
    sample: randomTensor([2, config.inChannels, 10, 6]),
    timestep: floatTensor(Float32Array.of(321), [1]),
    text: randomTensor([2, 5, config.crossAttentionDim]),
  };
  await expectDerivatives(graph, output, inputs, folder, [
    'sample',
    'text',
    'down_blocks.1.downsamplers.0.conv.weight',
    'up_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight',
    'time_embedding.linear_1.weight',
  ]);
});

it('has gradients of the decoder that agree with finite differences', async () => {
  const folder = 'fixtures/golden/vae/vae';
  const config = parseVaeConfig(await readJson(`${folder}/config.json`));
  const graph = createGraph();
  const latents = input(graph, 'latents', 'float32', ['batch', config.latentChannels, 4, 6]);
  const image = decodeLatents(graph, config, latents);
  const inputs = { latents: randomTensor([2, config.latentChannels, 4, 6]) };
  await expectDerivatives(graph, image, inputs, folder, ['latents']);
});

it('has gradients of the encoder that agree with finite differences', async () => {
  const folder = 'fixtures/golden/vae/vae';
  const config = parseVaeConfig(await readJson(`${folder}/config.json`));
  const graph = createGraph();
  const moments = encodeMoments(
    graph,
    config,
    input(graph, 'image', 'float32', ['batch', config.inChannels, 16, 24]),
  );
  const inputs = { image: randomTensor([1, config.inChannels, 16, 24]) };
  await expectDerivatives(graph, moments, inputs, folder, [
    'image',
    'encoder.mid_block.attentions.0.to_q.bias',
  ]);
});
