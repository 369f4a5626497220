/**
 * How much a U-Net reads each position of a text: the squared norm of the derivative of what it predicts with respect to
 * the row at that position, along the way from noise to a picture.
 *
 * With a random upstream r of independent normal values, the expectation of |J^T r|^2 is the squared Frobenius norm of
 * the Jacobian J (Hutchinson 1990), so that one backward pass a step is enough.
 */
import type { StableDiffusion } from '../checkpoint/stableDiffusion.ts';
import { gradients } from '../graph/gradients.ts';
import { createGraph, input } from '../graph/graph.ts';
import { unet } from '../models/unet.ts';
import { parseUNetConfig } from '../models/unetConfig.ts';
import { randomStream } from '../random/stream.ts';
import { compile } from '../runtime/compile.ts';
import type { Runtime } from '../runtime/session.ts';
import { floatTensor } from '../runtime/tensor.ts';
import { parseSchedulerConfig } from '../schedulers/parse.ts';
import { createSampler } from '../schedulers/sampler.ts';
import { promptLength } from '../text/tokenizer.ts';

/** Steps of the way that is measured. */
const steps = 8;

/** [77] for texts whose states are `rows`, each [77 * hidden]: sums over texts and steps, in no unit. */
export async function readingOfPositions(
  runtime: Runtime,
  diffusion: Pick<StableDiffusion, 'unet' | 'scheduler'>,
  rows: readonly Float32Array[],
): Promise<Float32Array> {
  const config = parseUNetConfig(diffusion.unet.config, diffusion.unet.configSource);
  const size = config.sampleSize ?? 64;
  const shape = [1, config.inChannels, size, size];
  const session = await backwardSession(runtime, diffusion, size);
  const reading = new Float32Array(promptLength);
  for (const [i, states] of rows.entries()) {
    const noise = randomStream(0, 'reading', i);
    const values = shape.reduce((a, b) => a * b);
    const sampler = createSampler(parseSchedulerConfig(diffusion.scheduler.config, 'DDIMScheduler'), steps);
    let latents = noise.normals(values, 0, sampler.initNoiseSigma);
    for (const [call, timestep] of sampler.timesteps.entries()) {
      const results = await session.run({
        sample: floatTensor(sampler.scaleInput(latents, call), shape),
        timestep: floatTensor(Float32Array.of(timestep), [1]),
        states: floatTensor(states, [1, promptLength, config.crossAttentionDim]),
        upstream: floatTensor(noise.normals(values), shape),
      });
      addSquares(results['derivative']!.data as Float32Array, reading);
      latents = sampler.step(results['prediction']!.data as Float32Array, call, latents, () => latents);
    }
  }
  await session.dispose();
  return reading;
}

function backwardSession(runtime: Runtime, diffusion: Pick<StableDiffusion, 'unet'>, size: number) {
  const config = parseUNetConfig(diffusion.unet.config, diffusion.unet.configSource);
  const graph = createGraph();
  const shape = [1, config.inChannels, size, size];
  const states = input(graph, 'states', 'float32', [1, promptLength, config.crossAttentionDim]);
  const prediction = unet(graph, config, {
    sample: input(graph, 'sample', 'float32', shape),
    timestep: input(graph, 'timestep', 'float32', [1]),
    encoderHiddenStates: states,
  });
  const upstream = input(graph, 'upstream', 'float32', prediction.shape);
  const [derivative] = gradients(prediction, [states], upstream);
  return compile(runtime, graph, { prediction, derivative: derivative! }, diffusion.unet.weights);
}

/** Adds to each of `into` [77] the squared norm of its row of `rows` [77 * hidden]. */
function addSquares(rows: Float32Array, into: Float32Array): void {
  const hidden = rows.length / into.length;
  rows.forEach((value, j) => {
    into[Math.floor(j / hidden)]! += value * value;
  });
}
