import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSafetensors } from '../checkpoint/safetensors.ts';
import { writeSafetensors } from '../checkpoint/safetensorsWriter.ts';
import { readFloat32, tensorNamed } from '../checkpoint/tensorEntry.ts';
import { CheckpointError, InputError } from '../errors.ts';
import { openRuntime } from '../runtime/node.ts';
import { type FloatTensor, floatTensor } from '../runtime/tensor.ts';
import { openPreviewDecoder } from './previewDecoder.ts';

const files = 'fixtures/reference/taesd';
const runtime = await openRuntime('cpu', { threads: 1 });

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'ksd-preview-'));
});
afterEach(() => rm(scratch, { recursive: true }));

async function reference(name: string): Promise<FloatTensor> {
  const entry = tensorNamed(await openSafetensors(`${files}/cases.safetensors`), name);
  return floatTensor(await readFloat32(entry), entry.shape);
}

/** The decoder's file with some tensors left out and others in another shape. */
async function changedFile(shapes: Readonly<Record<string, readonly number[] | undefined>>): Promise<string> {
  const { tensors } = await openSafetensors(`${files}/taesd_decoder.safetensors`);
  const path = join(scratch, 'taesd_decoder.safetensors');
  const kept = [...tensors.values()].filter(({ name }) => !(name in shapes) || shapes[name]);
  await writeSafetensors(
    path,
    await Promise.all(
      kept.map(async (entry) => {
        const shape = shapes[entry.name] ?? entry.shape;
        const size = shape.reduce((product, side) => product * side, 1);
        return {
          name: entry.name,
          dtype: 'F32',
          shape,
          data: (await readFloat32(entry)).slice(0, size),
        } as const;
      }),
    ),
  );
  return path;
}

it.each(['diffusers', 'taesd_decoder.safetensors', 'taesd_decoder.pth'])(
  '%s decodes as the reference does, all pictures at once',
  async (path) => {
    const decoder = await openPreviewDecoder(runtime, join(files, path));
    expect(decoder).toMatchObject({ latentChannels: 4, factor: 8 });
    const [actual, expected] = [await decoder.decode(await reference('latents')), await reference('decoded')];
    expect(actual.shape).toEqual(expected.shape);
    const worst = actual.data.reduce((most, x, i) => Math.max(most, Math.abs(x - expected.data[i]!)), 0);
    expect(worst).toBeLessThan(1e-4);
    await decoder.dispose();
  },
);

it('decodes other sizes with the same weights', async () => {
  const decoder = await openPreviewDecoder(runtime, join(files, 'diffusers'));
  const small = await decoder.decode(floatTensor(new Float32Array(4 * 2 * 7), [1, 4, 2, 7]));
  expect(small.shape).toEqual([1, 3, 16, 56]);
  await decoder.dispose();
});

it.each([[[1, 3, 2, 2]], [[4, 2, 2]], [[0, 4, 2, 2]]])(
  'refuses latents of shape %j, naming the file',
  async (shape) => {
    const decoder = await openPreviewDecoder(runtime, join(files, 'taesd_decoder.pth'));
    const size = shape.reduce((product, side) => product * side, 1);
    const decoding = decoder.decode(floatTensor(new Float32Array(size), shape));
    await expect(decoding).rejects.toThrow(InputError);
    await expect(decoding).rejects.toThrow('taesd_decoder.pth');
    await decoder.dispose();
  },
);

it.each([
  ['a missing tensor', { '12.weight': undefined }, /holds no tensor decoder\.layers\.11\.weight/],
  ['another shape', { '3.conv.2.weight': [6, 6, 3, 1] }, /decoder\.layers\.2\.conv\.2\.weight has shape/],
  ['no first convolution', { '1.weight': undefined }, /its first convolution \(1\.weight\) is missing/],
  ['a first convolution in one row', { '1.weight': [6, 4] }, /its first convolution/],
])('%s is an error when the file is opened', async (_, shapes, message) => {
  const opening = openPreviewDecoder(runtime, await changedFile(shapes));
  await expect(opening).rejects.toThrow(CheckpointError);
  await expect(opening).rejects.toThrow(message);
});

it('the file of the encoder is told from that of the decoder', async () => {
  await expect(openPreviewDecoder(runtime, `${files}/taesd_encoder.safetensors`)).rejects.toThrow(
    'taesd_encoder.safetensors holds no decoder of TAESD',
  );
});

it('a folder of another autoencoder is refused by its config', async () => {
  await cp(`${files}/diffusers`, scratch, { recursive: true });
  await writeFile(join(scratch, 'config.json'), '{"_class_name": "AutoencoderKL"}');
  await expect(openPreviewDecoder(runtime, scratch)).rejects.toThrow(/_class_name is "AutoencoderKL"/);
});
