import { expect, it } from 'vitest';
import { openDiffusersFolder } from '../checkpoint/diffusersFolder.ts';
import { GraphError } from '../errors.ts';
import { createGraph, input } from '../graph/graph.ts';
import { torchGenerator } from '../random/torch.ts';
import { compile } from '../runtime/compile.ts';
import { openRuntime } from '../runtime/node.ts';
import { floatTensor } from '../runtime/tensor.ts';
import { unet } from './unet.ts';
import { parseUNetConfig } from './unetConfig.ts';
import { decodeLatents } from './vae.ts';
import { parseVaeConfig, vaeScaleFactor } from './vaeConfig.ts';

const folder = 'models/emoji-sd/model';
const random = torchGenerator(3);
const randomTensor = (...shape: number[]) => floatTensor(random.randn(shape), shape);

it('runs a three-level U-Net from its F16 file, for any batch and length', async () => {
  const model = await openDiffusersFolder(folder);
  const config = parseUNetConfig(model.unet.config);
  const size = config.sampleSize!;
  const graph = createGraph();
  const output = unet(graph, config, {
    sample: input(graph, 'sample', 'float32', ['batch', config.inChannels, size, size]),
    timestep: input(graph, 'timestep', 'float32', [1]),
    encoderHiddenStates: input(graph, 'text', 'float32', ['batch', 'length', config.crossAttentionDim]),
  });
  const session = await compile(await openRuntime('cpu'), graph, { output }, model.unet.weights);
  for (const [batch, length] of [
    [1, 77],
    [3, 9],
  ] as const) {
    const results = await session.run({
      sample: randomTensor(batch, config.inChannels, size, size),
      timestep: floatTensor(Float32Array.of(500), [1]),
      text: randomTensor(batch, length, config.crossAttentionDim),
    });
    expect(results['output']!.shape).toEqual([batch, config.outChannels, size, size]);
    expect((results['output']!.data as Float32Array).every(Number.isFinite)).toBe(true);
  }
  await session.dispose();
});

it('decodes latents with an autoencoder of factor 4', async () => {
  const model = await openDiffusersFolder(folder);
  const config = parseVaeConfig(model.vae.config);
  const graph = createGraph();
  const latents = input(graph, 'latents', 'float32', ['batch', config.latentChannels, 16, 16]);
  const image = decodeLatents(graph, config, latents);
  const session = await compile(await openRuntime('cpu'), graph, { image }, model.vae.weights);
  const results = await session.run({ latents: randomTensor(2, config.latentChannels, 16, 16) });
  const side = 16 * vaeScaleFactor(config);
  expect(results['image']!.shape).toEqual([2, config.outChannels, side, side]);
  expect((results['image']!.data as Float32Array).every(Number.isFinite)).toBe(true);
  await session.dispose();
});

it('refuses hidden states of another size than the U-Net reads', () => {
  const config = parseUNetConfig({ cross_attention_dim: 768 });
  const build = () => {
    const graph = createGraph();
    unet(graph, config, {
      sample: input(graph, 'sample', 'float32', ['batch', 4, 64, 64]),
      timestep: input(graph, 'timestep', 'float32', [1]),
      encoderHiddenStates: input(graph, 'text', 'float32', ['batch', 77, 512]),
    });
  };
  expect(build).toThrow(GraphError);
  expect(build).toThrow('text is float32[batch, 77, 512], not float32[batch, length, 768]');
});
