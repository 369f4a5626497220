import { expect, test } from 'vitest';
import { openDiffusersFolder } from '../checkpoint/diffusersFolder.ts';
import { createGraph, input } from '../graph/graph.ts';
import { attention } from '../graph/ops/attention.ts';
import { evaluate, floats, randomFloats } from '../graph/testing.ts';
import { torchGenerator } from '../random/torch.ts';
import { compile } from '../runtime/compile.ts';
import { openRuntime } from '../runtime/node.ts';
import { floatTensor } from '../runtime/tensor.ts';
import { probabilities, unetWithMaps } from './attentionMaps.ts';
import { keyAndValue } from './transformer2d.ts';
import { unet } from './unet.ts';
import { parseUNetConfig } from './unetConfig.ts';

test('the probabilities are those of the attention operator, which shows them when each value is a direction of its own', async () => {
  const [heads, size, tokens, height, width] = [2, 8, 5, 2, 3];
  const graph = createGraph();
  const query = input(graph, 'query', 'float32', [1, height * width, size]);
  const key = input(graph, 'key', 'float32', [1, tokens, size]);
  const value = input(graph, 'value', 'float32', [1, tokens, heads * tokens]);
  const directions = new Float32Array(tokens * heads * tokens);
  for (let token = 0; token < tokens; token++) {
    for (let head = 0; head < heads; head++) directions[token * heads * tokens + head * tokens + token] = 1;
  }
  const { maps, read } = await evaluate(
    {
      maps: probabilities(query, key, heads, [height, width]),
      read: attention(query, key, value, { heads, scale: 1 / Math.sqrt(size / heads) }),
    },
    {
      query: randomFloats(1, [1, height * width, size], -3, 3),
      key: randomFloats(2, [1, tokens, size], -3, 3),
      value: floats(directions, [1, tokens, heads * tokens]),
    },
  );
  expect(maps!.shape).toEqual([1, tokens, height, width]);
  for (let token = 0; token < tokens; token++) {
    for (let place = 0; place < height * width; place++) {
      const [one, other] = [0, 1].map(
        (head) => read!.data[place * heads * tokens + head * tokens + token] as number,
      );
      expect(maps!.data[token * height * width + place]).toBeCloseTo((one! + other!) / 2, 5);
    }
  }
});

test('a U-Net with maps predicts what it does without, and every place reads all tokens together once', async () => {
  const model = await openDiffusersFolder('models/emoji-sd/model');
  const config = parseUNetConfig(model.unet.config);
  // Not square, and odd on the way down.
  const [height, width, tokens] = [16, 10, 9];
  const random = torchGenerator(3);
  const graph = createGraph();
  const inputs = {
    sample: input(graph, 'sample', 'float32', [1, config.inChannels, height, width]),
    timestep: input(graph, 'timestep', 'float32', [1]),
  };
  const states = input(graph, 'text', 'float32', [1, tokens, config.crossAttentionDim]);
  const { prediction, maps } = unetWithMaps(graph, config, {
    ...inputs,
    text: (scope, size) => keyAndValue(scope, states, size),
  });
  const plain = unet(graph, config, { ...inputs, encoderHiddenStates: states });
  expect(maps.map((one) => [one.height, one.width])).toEqual([
    [8, 5],
    [4, 3],
  ]);
  const outputs = Object.fromEntries(maps.map((one, i) => [`maps${i}`, one.maps]));
  const session = await compile(
    await openRuntime('cpu'),
    graph,
    { prediction, plain, ...outputs },
    model.unet.weights,
  );
  const results = await session.run({
    sample: floatTensor(random.randn([1, config.inChannels, height, width]), [
      1,
      config.inChannels,
      height,
      width,
    ]),
    timestep: floatTensor(Float32Array.of(500), [1]),
    text: floatTensor(random.randn([1, tokens, config.crossAttentionDim]), [
      1,
      tokens,
      config.crossAttentionDim,
    ]),
  });
  (results['plain']!.data as Float32Array).forEach((value, i) => {
    expect(results['prediction']!.data[i]).toBeCloseTo(value, 5);
  });
  maps.forEach((one, i) => {
    const data = results[`maps${i}`]!.data as Float32Array;
    const places = one.height * one.width;
    for (let place = 0; place < places; place++) {
      let sum = 0;
      for (let token = 0; token < tokens; token++) sum += data[token * places + place]!;
      expect(sum).toBeCloseTo(1, 5);
    }
  });
  await session.dispose();
});
