import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { openPipeline } from '../generation/open.ts';
import { decodePng } from '../pictures/png.ts';
import { openRuntime } from '../runtime/node.ts';
import { decoderOf, type PreviewOptions, startPreviews } from './previews.ts';

const runtime = await openRuntime('cpu', { threads: 1 });
const tiny = 'fixtures/golden/pipeline/sd_tiny';
const taesd = 'fixtures/reference/taesd/taesd_decoder.safetensors';

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'ksd-previews-'));
});
afterEach(() => rm(scratch, { recursive: true }));

/** Draws four steps, and tells after which calls there was another preview, and what the first one was. */
async function drawWith(options: PreviewOptions, model = tiny, size = 64) {
  const pipeline = await openPipeline(runtime, model);
  const out = join(scratch, 'apple.png');
  const previews = await startPreviews({ pipeline, runtime }, model, out, options);
  const file = join(scratch, 'apple.preview.png');
  const changes: number[] = [];
  let last: Buffer | undefined;
  let first: Buffer | undefined;
  await pipeline.draw({ prompt: 'a cat', steps: 4, width: size, height: size }, async (step) => {
    await previews?.show(step);
    const now = await readFile(file).catch(() => undefined);
    if (now && !last?.equals(now)) changes.push(step.call);
    first ??= now;
    last = now;
  });
  await previews?.end();
  await pipeline.dispose();
  const left = (await readdir(scratch)).filter((name) => name.endsWith('.png'));
  return { changes, left, first: first && decodePng(first).image };
}

describe('previews', () => {
  it('come every so many calls, as large as the picture, and are taken away in the end', async () => {
    const { changes, left, first } = await drawWith({ preview: 2 });
    expect(changes).toEqual([2]);
    expect([first?.width, first?.height]).toEqual([64, 64]);
    expect(left).toEqual([]);
    expect((await drawWith({ preview: 1 })).changes).toEqual([1, 2, 3]);
  });

  it('are not made without the option', async () => {
    expect((await drawWith({})).changes).toEqual([]);
  });

  it('are decoded by TAESD if there is one, given or in the folder of the model', async () => {
    const plain = await drawWith({ preview: 1 });
    const tinyDecoder = await drawWith({ preview: 1, taesd });
    expect(tinyDecoder.first?.data).not.toEqual(plain.first?.data);
    const model = join(scratch, 'model');
    await cp(tiny, model, { recursive: true });
    await cp(taesd, join(model, 'taesd_decoder.safetensors'));
    expect((await drawWith({ preview: 1 }, model)).first?.data).toEqual(tinyDecoder.first?.data);
  });

  it('of large pictures without TAESD show the colours of the latents, as large as the picture', async () => {
    const { first } = await drawWith({ preview: 1 }, tiny, 192);
    expect([first?.width, first?.height]).toEqual([192, 192]);
  });
});

it('decoding the picture by TAESD needs one', () => {
  expect(() => decoderOf({ taesdDecode: true })).toThrow(InputError);
  expect(decoderOf({ taesdDecode: true, taesd })).toEqual({ taesd });
  expect(decoderOf({ taesd })).toEqual({});
});
