/**
 * The models of a Stable Diffusion as functions from tensors to tensors, each compiled when it is first used. Node only.
 */
import type { StableDiffusion } from '../checkpoint/stableDiffusion.ts';
import type { Weights } from '../checkpoint/tensorEntry.ts';
import { runTextEncoder } from '../encoders/textEncoder.ts';
import { createGraph, type Graph, input, type Value } from '../graph/graph.ts';
import { mul } from '../graph/ops/arithmetic.ts';
import { concat } from '../graph/ops/layout.ts';
import type { Part } from '../lora/names.ts';
import { unetWithMaps } from '../models/attentionMaps.ts';
import type { Hooks, Scope } from '../models/scope.ts';
import { projectedText, textProjections } from '../models/textProjections.ts';
import { keyAndValue } from '../models/transformer2d.ts';
import { unet } from '../models/unet.ts';
import { latentSide, type UNetConfig } from '../models/unetConfig.ts';
import { decodeLatents, encodeMoments, latentDistribution } from '../models/vae.ts';
import { type VaeConfig, vaeScaleFactor } from '../models/vaeConfig.ts';
import { type CompileOptions, compile } from '../runtime/compile.ts';
import type { Runtime, Tensors } from '../runtime/session.ts';
import { type FloatTensor, floatTensor } from '../runtime/tensor.ts';
import type { PipelineParts } from './pipeline.ts';
import { type Sessions, sessionsBySize } from './sessions.ts';
import { runTiled, type Tiling } from './tiles.ts';

export interface ModelOptions {
  /**
   * Whether pictures pass the VAE in tiles, which takes less memory: `auto`, the default, beyond 96 latents along a side (768
   * pixels of Stable Diffusion v1), or one and a half times what the model was trained on.
   */
  readonly vaeTiling?: 'auto' | 'always' | 'never';
}

export type Models = Pick<
  PipelineParts,
  'unet' | 'attentionMaps' | 'decode' | 'encode' | 'textEncoder' | 'dispose'
>;

interface OpenOptions {
  readonly name: string;
  readonly hooks?: Readonly<Record<Part, Hooks>>;
}

interface Configs {
  readonly unet: UNetConfig;
  readonly vae: VaeConfig;
}

/** `name`: what people know the model as; `hooks` hang changes into its parts. */
export function openModels(
  runtime: Runtime,
  model: StableDiffusion,
  configs: Configs,
  { name, vaeTiling = 'auto', hooks }: ModelOptions & OpenOptions,
): Models {
  const { weights: vaeWeights } = model.vae;
  const open = (weights: Weights, build: Build, options?: CompileOptions) =>
    sessionsOf(runtime, weights, build, options);
  const denoisers = open(
    model.unet.weights,
    (graph, h, w) => denoiser(graph, configs.unet, h, w, hooks?.unet),
    {
      integerProducts: true,
    },
  );
  const readers = open(model.unet.weights, (graph, h, w) => mapper(graph, configs.unet, h, w, hooks?.unet));
  const decoders = open(vaeWeights, (graph, h, w) => decoder(graph, configs.vae, h, w));
  const encoders = open(vaeWeights, (graph, h, w) => pictureEncoder(graph, configs.vae, h, w));
  const projector = once(() => {
    const graph = createGraph();
    const states = input(graph, 'states', 'float32', ['batch', 'tokens', configs.unet.crossAttentionDim]);
    return compile(
      runtime,
      graph,
      textProjections(graph, configs.unet, states, hooks?.unet),
      model.unet.weights,
    );
  });
  const ownEncoder = once(() =>
    runTextEncoder(runtime, model.textEncoder, {
      name,
      tokenizerFolder: model.tokenizer.folder,
      hooks: hooks?.textEncoder,
    }),
  );
  // What is made of states serves as long as somebody holds on to them: all steps of a picture.
  const projections = new WeakMap<FloatTensor, Promise<Tensors>>();
  const projected = (states: FloatTensor) => {
    const known = projections.get(states) ?? projector.open().then((session) => session.run({ states }));
    projections.set(states, known);
    return known;
  };
  const tiling = tilingOf(configs, vaeTiling);
  const factor = vaeScaleFactor(configs.vae);
  return {
    async unet(latents, timestep, states) {
      const time = floatTensor(Float32Array.of(timestep), [1]);
      const feeds = { sample: latents, timestep: time, ...(await projected(states)) };
      return (await runSized(denoisers, latents, feeds))['prediction'] as FloatTensor;
    },
    async attentionMaps(latents, timestep, states) {
      const feeds = { sample: latents, timestep: floatTensor(Float32Array.of(timestep), [1]), states };
      return Object.values(await runSized(readers, latents, feeds)) as FloatTensor[];
    },
    decode: (latents) =>
      runTiled(latents, factor, tiling.ofLatents, async (tile) => {
        return (await runSized(decoders, tile, { latents: tile }))['picture'] as FloatTensor;
      }),
    async encode(picture) {
      const both = await runTiled(picture, 1 / factor, tiling.ofPicture, async (tile) => {
        return (await runSized(encoders, tile, { picture: tile }))['distribution'] as FloatTensor;
      });
      const [mean, std] = halves(both);
      return { mean, std };
    },
    textEncoder: ownEncoder.open,
    async dispose() {
      const all = [denoisers, readers, decoders, encoders, projector, ownEncoder];
      await Promise.all(all.map((one) => one.dispose()));
    },
  };
}

/** Something that is opened when it is first asked for, again after a failure or when it was disposed of. */
export function once<Opened extends { dispose(): Promise<void> }>(open: () => Promise<Opened>) {
  let opened: Promise<Opened> | undefined;
  return {
    open(): Promise<Opened> {
      opened ??= open().catch((error) => {
        opened = undefined;
        throw error;
      });
      return opened;
    },
    async dispose(): Promise<void> {
      const last = opened;
      opened = undefined;
      await (await last)?.dispose();
    },
  };
}

function runSized(sessions: Sessions, { shape }: FloatTensor, feeds: Tensors) {
  const [, , height = 0, width = 0] = shape;
  return sessions.use(height, width, (session) => session.run(feeds));
}

/** A model's nodes for one size, height and width in the unit of its own input; returns its outputs by name. */
type Build = (graph: Graph, height: number, width: number) => Record<string, Value>;

/** Sessions of the graphs that `build` makes, with these weights. */
function sessionsOf(runtime: Runtime, weights: Weights, build: Build, options?: CompileOptions): Sessions {
  return sessionsBySize((height, width) => {
    const graph = createGraph();
    return compile(runtime, graph, build(graph, height, width), weights, options);
  });
}

function denoiser(graph: Graph, config: UNetConfig, height: number, width: number, hooks?: Hooks) {
  const inputs = {
    sample: input(graph, 'sample', 'float32', ['batch', config.inChannels, height, width]),
    timestep: input(graph, 'timestep', 'float32', [1]),
    encoderHiddenStates: projectedText(graph, 'batch', 'tokens'),
  };
  return { prediction: unet(graph, config, inputs, hooks) };
}

/** Maps of one text, [1, tokens, h, w] for each size at which it is read: sums over the attentions of that size. */
function mapper(graph: Graph, config: UNetConfig, height: number, width: number, hooks?: Hooks) {
  const states = input(graph, 'states', 'float32', [1, 'tokens', config.crossAttentionDim]);
  const inputs = {
    sample: input(graph, 'sample', 'float32', [1, config.inChannels, height, width]),
    timestep: input(graph, 'timestep', 'float32', [1]),
    text: (scope: Scope, size: number) => keyAndValue(scope, states, size),
  };
  const { maps } = unetWithMaps(graph, config, inputs, hooks);
  return Object.fromEntries(maps.map((one, i) => [`maps${i}`, mul(one.maps, one.layers)]));
}

function decoder(graph: Graph, config: VaeConfig, height: number, width: number) {
  const latents = input(graph, 'latents', 'float32', [1, config.latentChannels, height, width]);
  return { picture: decodeLatents(graph, config, latents) };
}

/** Mean and standard deviation, one after the other along the channels: tiles are put together once for both. */
function pictureEncoder(graph: Graph, config: VaeConfig, height: number, width: number) {
  const picture = input(graph, 'picture', 'float32', [1, config.inChannels, height, width]);
  const { mean, std } = latentDistribution(encodeMoments(graph, config, picture));
  return { distribution: concat([mean, std], 1) };
}

/** The two halves of [1, 2 * channels, h, w] along the channels. */
function halves({ data, shape }: FloatTensor): [FloatTensor, FloatTensor] {
  const [, channels = 0, height = 0, width = 0] = shape;
  const half = [1, channels / 2, height, width];
  const size = data.length / 2;
  return [floatTensor(data.slice(0, size), half), floatTensor(data.slice(size), half)];
}

/** Latents along a side that always pass the VAE in one piece: 768 pixels of Stable Diffusion v1. */
const roomyLatents = 96;

/** Tiles as large as the model was trained on, a quarter of them overlapping: as in diffusers. */
function tilingOf({ unet, vae }: Configs, when: NonNullable<ModelOptions['vaeTiling']>) {
  const factor = vaeScaleFactor(vae);
  const side = latentSide(unet);
  // Sides up to `whole` latents pass in one piece.
  const whole = {
    auto: Math.max(1.5 * side, roomyLatents),
    always: side,
    never: Number.POSITIVE_INFINITY,
  };
  const tiling = (unit: number): Tiling => ({
    tile: side * unit,
    overlap: Math.ceil(side / 4) * unit,
    unit,
    whole: whole[when] * unit,
  });
  return { ofLatents: tiling(1), ofPicture: tiling(factor) };
}
