/**
 * The levels of the U-Net: down, middle and up blocks.
 */
import type { Value } from '../graph/graph.ts';
import { concat } from '../graph/ops/layout.ts';
import { downsample, resnet, upsample } from './resnet.ts';
import { record, type Scope, within } from './scope.ts';
import { type TextReader, transformer2d } from './transformer2d.ts';
import type { UNetBlock, UNetConfig } from './unetConfig.ts';

/** What every layer of the U-Net reads besides the picture. */
export interface Conditions {
  /** Activated time embedding [1 or batch, size]. */
  readonly time: Value;
  readonly text: TextReader;
}

function residual(scope: Scope, config: UNetConfig, block: UNetBlock, x: Value, { time }: Conditions): Value {
  const norm = { groups: config.normNumGroups, epsilon: config.normEps };
  return resnet(scope, x, block.channels, norm, time);
}

function attend(scope: Scope, config: UNetConfig, block: UNetBlock, x: Value, { text }: Conditions): Value {
  return transformer2d(scope, x, text, {
    heads: block.heads,
    layers: block.transformerLayers,
    groups: config.normNumGroups,
    useLinearProjection: config.useLinearProjection,
  });
}

/** One ResNet and, where the block has them, one transformer. */
function layer(
  scope: Scope,
  i: number,
  config: UNetConfig,
  block: UNetBlock,
  x: Value,
  conditions: Conditions,
): Value {
  const result = residual(within(scope, 'resnets', i), config, block, x, conditions);
  if (!block.crossAttention) return result;
  return attend(within(scope, 'attentions', i), config, block, result, conditions);
}

/** The skip connections of one level: the output of each layer and, unless it is the `last`, the halved picture. */
export function downBlock(
  scope: Scope,
  config: UNetConfig,
  block: UNetBlock,
  x: Value,
  conditions: Conditions,
  last: boolean,
): readonly Value[] {
  const skips: Value[] = [];
  for (let i = 0; i < block.layers; i++) {
    skips.push(layer(scope, i, config, block, skips.at(-1) ?? x, conditions));
  }
  if (!last) skips.push(downsample(within(scope, 'downsamplers', 0), skips.at(-1)!, 1));
  skips.forEach((skip, i) => {
    record(within(scope, 'res', i), skip);
  });
  record(scope, skips.at(-1)!);
  return skips;
}

/** UNetMidBlock2DCrossAttn: a ResNet, then transformers and ResNets in turn. */
export function midBlock(
  scope: Scope,
  config: UNetConfig,
  block: UNetBlock,
  x: Value,
  conditions: Conditions,
): Value {
  let hidden = residual(within(scope, 'resnets', 0), config, block, x, conditions);
  for (let i = 1; i < block.layers; i++) {
    hidden = attend(within(scope, 'attentions', i - 1), config, block, hidden, conditions);
    hidden = residual(within(scope, 'resnets', i), config, block, hidden, conditions);
  }
  return record(scope, hidden);
}

/**
 * Takes one skip connection off the end of `skips` for each layer. What comes next must meet the next one: the
 * picture grows to its size, which is not twice its own where a size was odd on the way down.
 */
export function upBlock(
  scope: Scope,
  config: UNetConfig,
  block: UNetBlock,
  x: Value,
  conditions: Conditions,
  skips: Value[],
): Value {
  let hidden = x;
  for (let i = 0; i < block.layers; i++) {
    hidden = layer(scope, i, config, block, concat([hidden, skips.pop()!], 1), conditions);
  }
  const next = skips.at(-1);
  if (!next) return record(scope, hidden);
  const size = next.shape.slice(2) as [number, number];
  return record(scope, upsample(within(scope, 'upsamplers', 0), hidden, size));
}
