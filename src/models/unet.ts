/**
 * The denoiser of Stable Diffusion (Rombach et al., arXiv 2112.10752) as diffusers' UNet2DConditionModel computes it.
 */
import { GraphError } from '../errors.ts';
import type { Graph, Value } from '../graph/graph.ts';
import { silu } from '../graph/ops/activation.ts';
import { formatShape } from '../graph/shape.ts';
import { convolution, groupNorm } from './layers.ts';
import { type Hooks, record, rootScope, within } from './scope.ts';
import { sinusoids, timestepEmbedding } from './timestep.ts';
import { keyAndValue, type TextReader } from './transformer2d.ts';
import { type Conditions, downBlock, midBlock, upBlock } from './unetBlocks.ts';
import type { UNetConfig } from './unetConfig.ts';

export interface UNetInputs {
  /** Noisy latents, float32 [batch, inChannels, height, width]; batch may be symbolic. */
  readonly sample: Value;
  /** Time step, float32 [1], or [batch] where each sample has its own; need not be whole. */
  readonly timestep: Value;
  /**
   * Hidden states of the text encoder, float32 [batch, length, crossAttentionDim], length may be symbolic; or what the cross
   * attentions make of them, which is the same in all steps of a picture (textProjections.ts).
   */
  readonly encoderHiddenStates: Value | TextReader;
}

/**
 * Adds the U-Net to the graph and returns its prediction [batch, outChannels, height, width]. Parameters carry
 * diffusers' names; `hooks` see every module. Throws GraphError if an input does not fit the config.
 */
export function unet(graph: Graph, config: UNetConfig, inputs: UNetInputs, hooks?: Hooks): Value {
  checkInputs(config, inputs);
  const scope = rootScope(graph, hooks);
  const [top] = config.downBlocks;
  const waves = record(within(scope, 'time_proj'), sinusoids(inputs.timestep, top!.channels, config));
  const time = silu(timestepEmbedding(within(scope, 'time_embedding'), waves, 4 * top!.channels));
  const { encoderHiddenStates: states } = inputs;
  const text: TextReader =
    typeof states === 'function' ? states : (place, size) => keyAndValue(place, states, size);
  const conditions: Conditions = { time, text };

  const start = within(scope, 'conv_in');
  const skips = [record(start, convolution(start, inputs.sample, top!.channels, 3, { padding: 1 }))];
  config.downBlocks.forEach((block, i) => {
    const last = i === config.downBlocks.length - 1;
    skips.push(...downBlock(within(scope, 'down_blocks', i), config, block, skips.at(-1)!, conditions, last));
  });
  let x = midBlock(within(scope, 'mid_block'), config, config.midBlock, skips.at(-1)!, conditions);
  config.upBlocks.forEach((block, i) => {
    x = upBlock(within(scope, 'up_blocks', i), config, block, x, conditions, skips);
  });
  const end = within(scope, 'conv_norm_out');
  const normal = record(end, groupNorm(end, x, config.normNumGroups, config.normEps));
  return convolution(within(scope, 'conv_out'), silu(normal), config.outChannels, 3, { padding: 1 });
}

function checkInputs(config: UNetConfig, { sample, timestep, encoderHiddenStates: text }: UNetInputs): void {
  const wrong = (value: Value, expected: string) => {
    throw new GraphError(
      `UNet: ${value.name} is ${value.dtype}${formatShape(value.shape)}, not ${expected}.`,
      'Check that the parts belong to one model.',
    );
  };
  const [batch, channels, height, width] = sample.shape;
  if (channels !== config.inChannels || typeof height !== 'number' || typeof width !== 'number') {
    wrong(sample, `float32[batch, ${config.inChannels}, height, width] with a size of numbers`);
  }
  if (timestep.shape.length !== 1 || (timestep.shape[0] !== 1 && timestep.shape[0] !== batch)) {
    wrong(timestep, `float32[1] or float32[${batch}]`);
  }
  if (typeof text === 'function') return;
  if (text.shape.length !== 3 || text.shape[0] !== batch || text.shape[2] !== config.crossAttentionDim) {
    wrong(text, `float32[${batch}, length, ${config.crossAttentionDim}]`);
  }
}
