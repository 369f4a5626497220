import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openSafetensors } from '../checkpoint/safetensors.ts';
import { readFloat32, tensorNamed } from '../checkpoint/tensorEntry.ts';
import { ConfigError } from '../errors.ts';
import { solid } from '../pictures/image.ts';
import { decodePng } from '../pictures/png.ts';
import { parseImageProcessorConfig, pixelValues } from './imageProcessor.ts';

const files = 'fixtures/reference/safety';
const json: Record<string, unknown> = JSON.parse(
  readFileSync(`${files}/feature_extractor/preprocessor_config.json`, 'utf8'),
);
const config = parseImageProcessorConfig(json);
const cases: { readonly picture: string }[] = JSON.parse(readFileSync(`${files}/cases.json`, 'utf8'));

/** [pictures, 3, 28, 28] in the order of the cases. */
const expected = await readFloat32(
  tensorNamed(await openSafetensors(`${files}/cases.safetensors`), 'pixel_values'),
);

it.each(cases.map(({ picture }, i) => [picture, i] as const))(
  '%s gives the numbers of transformers, byte for byte of what Pillow resizes',
  (picture, index) => {
    const { image } = decodePng(readFileSync(`${files}/${picture}`));
    const { data, shape } = pixelValues(image, config);
    expect(shape).toEqual([1, 3, 28, 28]);
    const size = 3 * 28 * 28;
    const worst = data.reduce((most, x, i) => Math.max(most, Math.abs(x - expected[index * size + i]!)), 0);
    // One step of a byte would be 0.014.
    expect(worst).toBeLessThan(1e-6);
  },
);

it('lays a transparent picture on white', () => {
  const clear = { width: 30, height: 40, channels: 4, data: new Uint8Array(30 * 40 * 4) } as const;
  expect(pixelValues(clear, config)).toEqual(pixelValues(solid(30, 40, [255, 255, 255]), config));
});

it('cuts the centre out, the odd pixel more at the end', () => {
  const bars = solid(31, 28, [0, 0, 0]);
  for (let y = 0; y < 28; y++) bars.data.set([255, 255, 255], (y * 31 + 1) * 3);
  const { data } = pixelValues(bars, { ...config, mean: [0, 0, 0], std: [1, 1, 1] });
  expect([...data.slice(0, 3)]).toEqual([1, 0, 0]);
});

it('reads old configs, which have numbers for sizes and no rescaling', () => {
  const { do_rescale: _, rescale_factor: __, ...rest } = json;
  expect(parseImageProcessorConfig({ ...rest, size: 28, crop_size: 28 })).toEqual(config);
});

it('takes the preprocessing of CLIP where the config says nothing', () => {
  expect(parseImageProcessorConfig({})).toMatchObject({
    shortestEdge: 224,
    crop: { width: 224, height: 224 },
    filter: 'bicubic',
    mean: config.mean,
    std: config.std,
  });
});

it.each([
  ['do_resize', false],
  ['size', { height: 28, width: 28 }],
  ['crop_size', 29],
  ['resample', 2],
  ['image_std', [0, 1, 1]],
])('refuses %s %j, naming file and key', (key, value) => {
  const parse = () => parseImageProcessorConfig({ ...json, [key]: value }, 'preprocessor_config.json');
  expect(parse).toThrow(ConfigError);
  expect(parse).toThrow(`preprocessor_config.json: ${key}`);
});
