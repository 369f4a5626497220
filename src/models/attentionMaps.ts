/**
 * Where in the picture each token of a text is read: the probabilities of the U-Net's cross attentions, as attribution maps
 * (Tang et al., "What the DAAM", arXiv 2210.04885).
 *
 * The attention operator keeps its probabilities to itself, so they are computed once more from its queries and keys. For
 * looking at a picture, not for drawing many.
 */
import type { Graph, Value } from '../graph/graph.ts';
import { add, mul } from '../graph/ops/arithmetic.ts';
import { splitHeads } from '../graph/ops/attention.ts';
import { reshape, transpose } from '../graph/ops/layout.ts';
import { fusedMatMul } from '../graph/ops/matmul.ts';
import { reduceSum } from '../graph/ops/reduce.ts';
import { softmax } from '../graph/ops/softmax.ts';
import { type Hooks, rootScope } from './scope.ts';
import { crossAttentions } from './textProjections.ts';
import type { TextReader } from './transformer2d.ts';
import { type UNetInputs, unet } from './unet.ts';
import type { UNetConfig } from './unetConfig.ts';

export interface AttentionMaps {
  readonly height: number;
  readonly width: number;
  /** Cross attentions of this size, whose mean the maps are. */
  readonly layers: number;
  /** [batch, tokens, height, width]: mean over heads and layers of this size; each place sums to 1 over the tokens. */
  readonly maps: Value;
}

export interface ReadPrediction {
  readonly prediction: Value;
  /** One for each size at which the U-Net reads the text, the largest first. */
  readonly maps: readonly AttentionMaps[];
}

export interface ReadInputs extends Omit<UNetInputs, 'encoderHiddenStates'> {
  readonly text: TextReader;
}

/** The U-Net with its maps; `adapt` changes its layers. Throws what `unet` throws. */
export function unetWithMaps(
  graph: Graph,
  config: UNetConfig,
  { text, ...inputs }: ReadInputs,
  { adapt }: Pick<Hooks, 'adapt'> = {},
): ReadPrediction {
  const keys = new Map<string, Value>();
  const queries = new Map<string, Value>();
  const prediction = unet(
    graph,
    config,
    {
      ...inputs,
      encoderHiddenStates: (scope, size) => {
        const read = text(scope, size);
        keys.set(scope.path, read.key);
        return read;
      },
    },
    { adapt, tap: (name, output) => void queries.set(name, output) },
  );
  const [height, width] = inputs.sample.shape.slice(2) as [number, number];
  const sizes = levelSizes(height, width, config.downBlocks.length);
  const bySize = new Map<string, Value[]>();
  for (const { scope, heads } of crossAttentions(rootScope(graph), config)) {
    const query = queries.get(`${scope.path}to_q`) as Value;
    const size = sizes.find(([h, w]) => h * w === query.shape[1]) as Size;
    const map = probabilities(query, keys.get(scope.path) as Value, heads, size);
    bySize.set(size.join(), [...(bySize.get(size.join()) ?? []), map]);
  }
  const maps = sizes.flatMap(([h, w]) => {
    const some = bySize.get(`${h},${w}`);
    return some
      ? [
          {
            height: h,
            width: w,
            layers: some.length,
            maps: mul(
              some.reduce((a, b) => add(a, b)),
              1 / some.length,
            ),
          },
        ]
      : [];
  });
  return { prediction, maps };
}

type Size = readonly [height: number, width: number];

/** A level is half as large as the one above, rounded up. */
function levelSizes(height: number, width: number, levels: number): Size[] {
  return Array.from({ length: levels }, (_, level) => {
    return [Math.ceil(height / 2 ** level), Math.ceil(width / 2 ** level)];
  });
}

/** softmax(query key^T / sqrt(head size)), mean over heads, [batch, tokens, height, width]. */
export function probabilities(query: Value, key: Value, heads: number, [height, width]: Size): Value {
  const scale = 1 / Math.sqrt((query.shape[2] as number) / heads);
  const [q, k] = [splitHeads(query, heads), splitHeads(key, heads)];
  const read = softmax(fusedMatMul(q, k, { transB: true, alpha: scale }));
  const mean = mul(reduceSum(read, [1]), 1 / heads);
  return reshape(transpose(mean, [0, 2, 1]), [query.shape[0]!, key.shape[1]!, height, width]);
}
