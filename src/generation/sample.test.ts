import { expect, test } from 'vitest';
import { InputError } from '../errors.ts';
import { floatTensor } from '../runtime/tensor.ts';
import { samplerConfig } from '../schedulers/names.ts';
import { createSampler } from '../schedulers/sampler.ts';
import { finish } from './finish.ts';
import { type Denoiser, guided, type Unet } from './guidance.ts';
import { pictureNoise } from './latents.ts';
import { predictedOriginal } from './preview.ts';
import { type Sampling, type Step, sample } from './sample.ts';
import { pureNoise } from './start.ts';

const sd14 = {
  _class_name: 'PNDMScheduler',
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  steps_offset: 1,
  skip_prk_steps: true,
};
const shape = [1, 4, 4, 4];

/** A denoiser that knows the picture: one of zeros, so that all it sees is noise. */
function knowing(name: string): Denoiser {
  const probe = createSampler(samplerConfig(sd14, name), 10);
  return async (latents, timestep) => {
    const alpha = probe.addNoise(Float32Array.of(1), Float32Array.of(0), timestep)[0] as number;
    const sigma = probe.addNoise(Float32Array.of(0), Float32Array.of(1), timestep)[0] as number;
    return floatTensor(
      latents.data.map((value) => (value * Math.hypot(alpha, sigma)) / sigma),
      latents.shape,
    );
  };
}

function sampling(name: string, steps = 10): Sampling {
  const sampler = createSampler(samplerConfig(sd14, name), steps);
  const noise = pictureNoise([7], shape.slice(1));
  return { denoise: knowing(name), sampler, latents: pureNoise(sampler, noise, shape), noise };
}

test.each(['ddim', 'pndm', 'unipc', 'euler', 'dpmpp_2m', 'heun', 'euler_a'])(
  '%s yields a step for each model call, returns its last latents, and finds a picture that the model knows',
  async (name) => {
    const run = sampling(name);
    const steps: Step[] = [];
    const latents = await finish(sample(run), (step) => steps.push(step));
    expect(steps.map(({ call }) => call)).toEqual(run.sampler.timesteps.map((_, i) => i + 1));
    expect(steps.map(({ timestep }) => timestep)).toEqual(run.sampler.timesteps);
    expect(latents).toBe(steps.at(-1)?.latents);
    expect(Math.max(...latents.data.map(Math.abs))).toBeLessThan(0.2);
  },
);

test.each(['ddim', 'unipc', 'euler'])(
  '%s shows in every step the picture that the model predicts',
  async (name) => {
    const run = sampling(name);
    for await (const step of sample(run)) {
      const original = predictedOriginal(run.sampler, 'epsilon', step);
      expect(original.shape).toEqual(shape);
      expect(Math.max(...original.data.map(Math.abs))).toBeLessThan(1e-3);
    }
  },
);

test('a predicted picture is read from v-predictions and from predicted pictures as well', () => {
  const sampler = createSampler(samplerConfig(sd14, 'ddim'), 10);
  const timestep = sampler.timesteps[3] as number;
  const [x0, noise] = [0.5, -1.25];
  const at = (a: number, b: number) =>
    sampler.addNoise(Float32Array.of(a), Float32Array.of(b), timestep)[0] as number;
  const [alpha, sigma] = [at(1, 0), at(0, 1)];
  const seen = floatTensor(Float32Array.of(at(x0, noise)), [1]);
  const predictions = { epsilon: noise, v_prediction: alpha * noise - sigma * x0, sample: x0 } as const;
  for (const type of ['epsilon', 'v_prediction', 'sample'] as const) {
    const prediction = floatTensor(Float32Array.of(predictions[type]), [1]);
    expect(predictedOriginal(sampler, type, { timestep, seen, prediction }).data[0]).toBeCloseTo(x0, 5);
  }
});

test('an aborted signal stops the run before the next model call, with its reason', async () => {
  const controller = new AbortController();
  const calls: number[] = [];
  const run = finish(sample({ ...sampling('ddim'), signal: controller.signal }), ({ call }) => {
    calls.push(call);
    if (call === 4) controller.abort();
  });
  await expect(run).rejects.toMatchObject({ name: 'AbortError' });
  expect(calls).toEqual([1, 2, 3, 4]);
});

test('breaking off makes no further model call', async () => {
  let calls = 0;
  const run = sampling('ddim');
  const denoise: Denoiser = (latents, timestep) => {
    calls++;
    return run.denoise(latents, timestep);
  };
  for await (const { call } of sample({ ...run, denoise })) if (call === 3) break;
  expect(calls).toBe(3);
});

test('a sampler that draws noise asks for a source of it', async () => {
  const { noise: _, ...run } = sampling('euler_a');
  await expect(finish(sample(run))).rejects.toThrow(InputError);
});

/** Answers with the mean of each row's states, and remembers the batches. */
function recordingUnet(): { unet: Unet; batches: number[] } {
  const batches: number[] = [];
  const unet: Unet = async (latents, _, states) => {
    const [batch = 0] = latents.shape;
    batches.push(batch);
    const width = latents.data.length / batch;
    return floatTensor(
      latents.data.map((__, i) => states.data[Math.floor(i / width)] as number),
      latents.shape,
    );
  };
  return { unet, batches };
}

const one = (value: number) => floatTensor(Float32Array.of(value), [1, 1, 1]);

test('guidance goes from the negative prediction through the positive one, on one doubled batch', async () => {
  const { unet, batches } = recordingUnet();
  const denoise = guided(unet, { states: one(3), negativeStates: one(1) }, 7.5);
  const { data, shape: predicted } = await denoise(floatTensor(new Float32Array(64), shape), 10);
  expect(predicted).toEqual(shape);
  expect([...data]).toEqual(new Array(64).fill(1 + 7.5 * 2));
  expect(batches).toEqual([2]);
});

test('guidance 1 leaves the negative half out', async () => {
  const { unet, batches } = recordingUnet();
  const denoise = guided(unet, { states: one(3), negativeStates: one(1) }, 1);
  expect((await denoise(floatTensor(new Float32Array(64), shape), 10)).data[0]).toBe(3);
  expect(batches).toEqual([1]);
});

test('guidance without negative states is refused', () => {
  expect(() => guided(recordingUnet().unet, { states: one(3) }, 5)).toThrow(InputError);
});
