/**
 * What the U-Net's cross attentions read of a text: keys and values, which depend on nothing but the text. Computed once,
 * they serve all steps of a picture.
 */
import { type Graph, input, type Value } from '../graph/graph.ts';
import type { Dim } from '../graph/shape.ts';
import { type Hooks, rootScope, type Scope, within } from './scope.ts';
import { type KeyAndValue, keyAndValue, type TextReader } from './transformer2d.ts';
import type { UNetBlock, UNetConfig } from './unetConfig.ts';

/** Keys and values of all cross attentions by name, each [batch, length, channels], of `states` [batch, length, any]. */
export function textProjections(
  graph: Graph,
  config: UNetConfig,
  states: Value,
  hooks?: Hooks,
): Record<string, Value> {
  const outputs: Record<string, Value> = {};
  for (const { scope, size } of crossAttentions(rootScope(graph, hooks), config)) {
    const { key, value } = keyAndValue(scope, states, size);
    outputs[nameOf(scope, 'key')] = key;
    outputs[nameOf(scope, 'value')] = value;
  }
  return outputs;
}

/** A reader for `unet` that takes the outputs of `textProjections` as inputs [batch, length, channels] of the graph. */
export function projectedText(graph: Graph, batch: Dim, length: Dim): TextReader {
  return (scope, size): KeyAndValue => ({
    key: input(graph, nameOf(scope, 'key'), 'float32', [batch, length, size]),
    value: input(graph, nameOf(scope, 'value'), 'float32', [batch, length, size]),
  });
}

const nameOf = ({ path }: Scope, what: 'key' | 'value') => path + what;

export interface CrossAttention {
  readonly scope: Scope;
  /** Channels of the level. */
  readonly size: number;
  readonly heads: number;
}

/** All of a U-Net's, from the input to the output. */
export function crossAttentions(root: Scope, config: UNetConfig): CrossAttention[] {
  const ofBlock = (scope: Scope, { crossAttention, layers, transformerLayers, channels, heads }: UNetBlock) =>
    Array.from({ length: crossAttention ? layers : 0 }, (_, i) =>
      Array.from({ length: transformerLayers }, (_, j) => ({
        scope: within(scope, 'attentions', i, 'transformer_blocks', j, 'attn2'),
        size: channels,
        heads,
      })),
    ).flat();
  // The middle has a ResNet more than it has transformers.
  const middle = { ...config.midBlock, layers: config.midBlock.layers - 1 };
  return [
    ...config.downBlocks.flatMap((block, i) => ofBlock(within(root, 'down_blocks', i), block)),
    ...ofBlock(within(root, 'mid_block'), middle),
    ...config.upBlocks.flatMap((block, i) => ofBlock(within(root, 'up_blocks', i), block)),
  ];
}
