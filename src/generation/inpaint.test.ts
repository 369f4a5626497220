import { afterAll, expect, test } from 'vitest';
import { InputError } from '../errors.ts';
import { crop, type Image, paste, solid } from '../pictures/image.ts';
import { openRuntime } from '../runtime/node.ts';
import { floatTensor } from '../runtime/tensor.ts';
import { latentMask, withMask } from './inpaint.ts';
import { openPipeline } from './open.ts';

const pipeline = await openPipeline(await openRuntime('cpu'), 'models/emoji-sd/model');
afterAll(() => pipeline.dispose());

const base = solid(64, 64, [40, 90, 200]);
/** The right half is drawn anew. */
const mask = paste(solid(64, 64, [0, 0, 0]), solid(32, 64, [255, 255, 255]), 32, 0);
const half = (image: Image, x: number) => crop(image, { x, y: 0, width: 32, height: 64 }).data;

test.each(['ddim', 'unipc', 'heun', 'euler_a', 'pndm'])(
  'with %s only what the mask shows is drawn anew, and the rest stays to the byte',
  async (scheduler) => {
    const { images } = await pipeline.draw({
      prompt: 'a red apple on a blue background',
      initImage: base,
      mask,
      scheduler,
      steps: 6,
      guidance: 5,
    });
    expect([...half(images[0]!, 0)]).toEqual([...half(base, 0)]);
    const changed = half(images[0]!, 32).filter((value, i) => Math.abs(value - half(base, 32)[i]!) > 30);
    expect(changed.length).toBeGreaterThan(200);
  },
);

test('the latents outside the mask are those of the picture at the end', async () => {
  const { latents } = await pipeline.draw({ prompt: 'a cat', initImage: base, mask, steps: 4, seed: 3 });
  const plain = await pipeline.draw({ prompt: 'a dog', initImage: base, mask, steps: 4, seed: 3 });
  const [, channels = 0, height = 0, width = 0] = latents.shape;
  for (let i = 0; i < channels * height * width; i++) {
    const outside = i % width < width / 2;
    if (outside) expect(latents.data[i]).toBe(plain.latents.data[i]);
  }
});

test('the pixel in the corner of a latent decides, at half brightness', () => {
  const grey = paste(solid(8, 4, [127, 127, 127]), solid(4, 4, [128, 128, 128]), 4, 0);
  expect([...latentMask(grey, 4).data]).toEqual([0, 1]);
});

test('a model for inpainting reads latents, mask and masked latents side by side', async () => {
  const seen: number[][] = [];
  const unet = withMask(
    async (latents) => {
      expect(latents.shape).toEqual([2, 3, 1, 2]);
      seen.push([...latents.data]);
      return latents;
    },
    floatTensor(Float32Array.of(0, 1), [1, 1, 1, 2]),
    floatTensor(Float32Array.of(7, 8), [1, 1, 1, 2]),
  );
  await unet(
    floatTensor(Float32Array.of(1, 2, 3, 4), [2, 1, 1, 2]),
    5,
    floatTensor(new Float32Array(1), [1]),
  );
  expect(seen).toEqual([[1, 2, 0, 1, 7, 8, 3, 4, 0, 1, 7, 8]]);
});

test.each([
  [{ mask }, /no picture/],
  [{ mask: solid(32, 32, [0, 0, 0]), initImage: base }, /32x32 pixels, but the picture 64x64/],
])('a mask that does not fit is refused', async (request, message) => {
  const drawing = pipeline.draw({ prompt: 'x', ...request });
  await expect(drawing).rejects.toThrow(message);
  await expect(drawing).rejects.toThrow(InputError);
});
