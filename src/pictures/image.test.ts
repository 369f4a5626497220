import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { crop, flatten, type Image, imagesFromTensor, paste, solid, tensorFromImage } from './image.ts';
import { decodePng } from './png.ts';

const golden = new URL('../../fixtures/golden/pipeline/', import.meta.url);

/** The float32 tensors of a golden file: the README of the fixtures gives the layout. */
function goldenTensor(file: string, name: string): { data: Float32Array; shape: number[] } {
  const bytes = readFileSync(new URL(file, golden));
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length));
  const [begin, end] = header[name].data_offsets;
  const data = new Float32Array(new Uint8Array(bytes.subarray(8 + length + begin, 8 + length + end)).buffer);
  return { data, shape: header[name].shape };
}

const goldenPicture = (file: string): Image => decodePng(readFileSync(new URL(file, golden))).image;

describe('tensors', () => {
  it('turns the golden decoder outputs into the golden pictures, to the last bit', () => {
    const { cases } = JSON.parse(readFileSync(new URL('cases.json', golden), 'utf8'));
    for (const { file, png } of cases as { file: string; png: string[] }[]) {
      const { data, shape } = goldenTensor(file, 'image');
      const images = imagesFromTensor(data, shape);
      expect(images.map((image) => Array.from(image.data))).toEqual(
        png.map((name) => Array.from(goldenPicture(name).data)),
      );
    }
  });

  it('turns the golden start picture into the golden input', () => {
    const { data, shape } = goldenTensor('cases/img2img_ddim.safetensors', 'image_input');
    const tensor = tensorFromImage(goldenPicture('cases/img2img_input.png'));
    expect(tensor.shape).toEqual(shape);
    expect(Math.max(...tensor.data.map((value, i) => Math.abs(value - data[i]!)))).toBeLessThan(1e-6);
  });

  it('gets every picture back from its tensor', () => {
    const pictures = fc
      .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
      .chain(([width, height]) =>
        fc
          .uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 })
          .map((data): Image => ({ width, height, channels: 3, data })),
      );
    fc.assert(
      fc.property(pictures, (image) => {
        const tensor = tensorFromImage(image);
        const [back] = imagesFromTensor(tensor.data, tensor.shape);
        expect({ ...back, data: Array.from(back!.data) }).toEqual({ ...image, data: Array.from(image.data) });
      }),
    );
  });

  it('clamps what lies outside and rounds to the nearest byte', () => {
    const values = Float32Array.of(-7, -1, 1, 7, 0, 2 * (1.4 / 255) - 1);
    expect(Array.from(imagesFromTensor(values, [1, 3, 1, 2])[0]!.data)).toEqual([0, 255, 128, 0, 255, 1]);
  });

  it('refuses a shape that is no batch of RGB pictures', () => {
    expect(() => imagesFromTensor(new Float32Array(4), [1, 4, 1, 1])).toThrow(InputError);
    expect(() => imagesFromTensor(new Float32Array(5), [1, 3, 1, 2])).toThrow(InputError);
  });
});

describe('crop and paste', () => {
  const red = solid(2, 2, [255, 0, 0]);

  it('cuts out what was pasted in', () => {
    const whole = paste(solid(5, 4, [0, 0, 255]), red, 2, 1);
    expect(crop(whole, { x: 2, y: 1, width: 2, height: 2 }).data).toEqual(red.data);
    expect(Array.from(crop(whole, { x: 1, y: 1, width: 1, height: 1 }).data)).toEqual([0, 0, 255]);
  });

  it('cuts off what hangs over the edge', () => {
    const whole = paste(solid(2, 2, [0, 0, 0]), red, -1, 1);
    expect(Array.from(whole.data)).toEqual([0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0]);
  });

  it('mixes by alpha', () => {
    const half: Image = { width: 1, height: 1, channels: 4, data: Uint8Array.of(200, 100, 0, 128) };
    expect(Array.from(paste(solid(1, 1, [0, 0, 100]), half, 0, 0).data)).toEqual([100, 50, 50]);
    expect(Array.from(flatten(half, [0, 0, 0]).data)).toEqual([100, 50, 0]);
  });

  it('refuses a rectangle outside the picture', () => {
    expect(() => crop(red, { x: 1, y: 0, width: 2, height: 1 })).toThrow(InputError);
  });
});
