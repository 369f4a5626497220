/**
 * Opens TAESD as a decoder for previews, which costs a fraction of what the VAE does. Node only.
 */
import { bindExternal } from '../checkpoint/bind.ts';
import { openTaesd, type TaesdFile } from '../checkpoint/taesdFile.ts';
import type { Weights } from '../checkpoint/tensorEntry.ts';
import { CheckpointError } from '../errors.ts';
import { createGraph, input } from '../graph/graph.ts';
import { serialize } from '../graph/serialize.ts';
import { decodeTiny, parseTaesdConfig, type TaesdConfig, taesdScaleFactor } from '../models/taesd.ts';
import { compile } from '../runtime/compile.ts';
import type { Runtime } from '../runtime/session.ts';
import type { FloatTensor } from '../runtime/tensor.ts';
import { checkLatents } from './latents.ts';
import { sessionsBySize } from './sessions.ts';

export interface PreviewDecoder {
  readonly latentChannels: number;
  /** Pixels a latent, along a side. */
  readonly factor: number;
  /**
   * Latents [pictures, latentChannels, h, w] as the denoiser has them (not divided by the VAE's scaling factor) to
   * pictures [pictures, 3, h * factor, w * factor] in about [-1, 1]. Throws InputError for another shape.
   */
  decode(latents: FloatTensor): Promise<FloatTensor>;
  dispose(): Promise<void>;
}

/**
 * `path` is a folder of AutoencoderTiny (diffusers), or a file taesd_decoder.safetensors or .pth. The decoder is compiled
 * for each size when it is first used. Throws CheckpointError naming the tensor that is missing or has another shape,
 * ConfigError for a config that we do not build.
 */
export async function openPreviewDecoder(runtime: Runtime, path: string): Promise<PreviewDecoder> {
  const opened = await openTaesd(path);
  const config = configOf(opened);
  const { latentChannels } = config;
  checkWeights(config, opened.weights);
  const sessions = sessionsBySize((height, width) => {
    const { graph, picture } = decoder(config, height, width);
    return compile(runtime, graph, { picture }, opened.weights);
  });
  return {
    latentChannels,
    factor: taesdScaleFactor(config),
    async decode(latents) {
      checkLatents(latents.shape, latentChannels, path);
      const [, , height = 0, width = 0] = latents.shape;
      const result = await sessions.use(height, width, (session) => session.run({ latents }));
      return result['picture'] as FloatTensor;
    },
    dispose: () => sessions.dispose(),
  };
}

/** A single file tells its channels by the shape of its first convolution, [channels, latentChannels, 3, 3]. */
function configOf({ config, source, weights }: TaesdFile): TaesdConfig {
  if (config) return parseTaesdConfig(config, source);
  const first = weights.tensors.get('decoder.layers.0.weight');
  if (first?.shape.length !== 4) {
    throw new CheckpointError(
      `${source} holds no decoder of TAESD: its first convolution (1.weight) is missing.`,
      'Give taesd_decoder.safetensors, taesd_decoder.pth or a folder of AutoencoderTiny.',
    );
  }
  const [channels, latentChannels] = first.shape;
  const levels = new Array(4).fill(channels);
  return parseTaesdConfig({ decoder_block_out_channels: levels, latent_channels: latentChannels }, source);
}

function decoder(config: TaesdConfig, height: number, width: number) {
  const graph = createGraph();
  const latents = input(graph, 'latents', 'float32', ['pictures', config.latentChannels, height, width]);
  return { graph, picture: decodeTiny(graph, config, latents) };
}

/** Binds every parameter once, so that a file that does not fit is told before the first picture is half drawn. */
function checkWeights(config: TaesdConfig, weights: Weights): void {
  const { graph, picture } = decoder(config, 1, 1);
  serialize(graph, { outputs: { picture }, bind: bindExternal(weights) });
}
