/**
 * `--preview`: a PNG file that shows the picture while it is being drawn, and `--taesd`, which makes that sharp and cheap.
 */
import { access, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { writeFileAtomic } from '../checkpoint/atomic.ts';
import { InputError } from '../errors.ts';
import { latentColors } from '../generation/latentColors.ts';
import type { GenerationStep, Pipeline } from '../generation/pipeline.ts';
import { openPreviewDecoder, type PreviewDecoder } from '../generation/previewDecoder.ts';
import { type Image, imagesFromTensor } from '../pictures/image.ts';
import { encodePng } from '../pictures/png.ts';
import { resize } from '../pictures/resize.ts';
import type { Runtime } from '../runtime/session.ts';
import { type FloatTensor, floatTensor } from '../runtime/tensor.ts';
import { t } from './messages.ts';
import { wholeNumber } from './options.ts';

export interface PreviewOptions {
  /** Every how many model calls; true without a number. */
  readonly preview?: number | true;
  readonly taesd?: string;
  readonly taesdDecode?: boolean;
}

export interface Previews {
  /** Shows the first picture of a step, if its turn has come. */
  show(step: GenerationStep): Promise<void>;
  /** Takes the file away. */
  end(): Promise<void>;
}

const usualEvery = 5;

/** Files of TAESD that are found beside a model, or in its folder. */
const usualNames = ['taesd_decoder.safetensors', 'taesd.safetensors', 'taesd_decoder.pth', 'taesd'];

/** Pictures up to this side are decoded by the VAE itself, which is quick enough for them. */
const smallSide = 128;

export function addPreviewOptions(command: Command): Command {
  return command
    .option(
      '--preview [n]',
      t(
        `그리는 동안 n번 호출마다 미리 보기를 <out>.preview.png에 (기본 ${usualEvery})`,
        `while drawing, a preview every n model calls in <out>.preview.png (default ${usualEvery})`,
      ),
      wholeNumber(1),
    )
    .option(
      '--taesd <path>',
      t(
        '미리 보기용 TAESD 파일이나 폴더 (모델 옆에 있으면 저절로)',
        'TAESD for previews, a file or folder (found by itself beside the model)',
      ),
    )
    .option(
      '--taesd-decode',
      t(
        '마지막 그림도 TAESD로: 빠르지만 거칩니다',
        'also decode the final picture by TAESD: faster, coarser',
      ),
    );
}

/** For the opening of the pipeline: what is to decode the final picture, if not the VAE. Throws InputError without a path. */
export function decoderOf({ taesd, taesdDecode }: PreviewOptions): { taesd?: string } {
  if (!taesdDecode) return {};
  if (taesd !== undefined) return { taesd };
  throw new InputError('--taesd-decode needs a TAESD.', 'Name its file or folder with --taesd.');
}

/** The previews that the options ask for. `out`: as for the pictures, a PNG file or a folder. */
export async function startPreviews(
  { pipeline, runtime }: { readonly pipeline: Pipeline; readonly runtime: Runtime },
  model: string,
  out: string,
  { preview, taesd }: PreviewOptions,
): Promise<Previews | undefined> {
  if (preview === undefined) return undefined;
  const every = preview === true ? usualEvery : preview;
  const path = `${out.replace(/\.png$/i, '')}.preview.png`;
  const found = taesd ?? (await taesdBeside(model));
  const decoder = found === undefined ? undefined : await openPreviewDecoder(runtime, found);
  return {
    async show({ call, calls, predictedOriginal }) {
      if (call % every !== 0 || call === calls) return;
      const image = await previewOf(pipeline, decoder, firstOf(predictedOriginal()));
      await writeFileAtomic(path, encodePng(image));
    },
    async end() {
      await decoder?.dispose();
      await rm(path, { force: true });
    },
  };
}

async function taesdBeside(model: string): Promise<string | undefined> {
  const isFolder = (await stat(model)).isDirectory();
  const folders = isFolder ? [model, dirname(model)] : [dirname(model)];
  for (const path of folders.flatMap((folder) => usualNames.map((name) => join(folder, name)))) {
    const there = await access(path).then(
      () => true,
      () => false,
    );
    if (there) return path;
  }
  return undefined;
}

function firstOf({ data, shape }: FloatTensor): FloatTensor {
  const size = data.length / (shape[0] ?? 1);
  return floatTensor(data.slice(0, size), [1, ...shape.slice(1)]);
}

/** By TAESD, or by the VAE where that is quick, or by the colours of the latents; as large as the picture. */
async function previewOf(
  pipeline: Pipeline,
  decoder: PreviewDecoder | undefined,
  latents: FloatTensor,
): Promise<Image> {
  const [, channels = 0, height = 0, width = 0] = latents.shape;
  const { factor } = pipeline;
  if (decoder) {
    const { data, shape } = await decoder.decode(latents);
    return imagesFromTensor(data, shape)[0] as Image;
  }
  const isSmall = Math.max(height, width) * factor <= smallSide;
  if (isSmall || channels !== 4 || factor !== 8) return (await pipeline.decode(latents))[0] as Image;
  return resize(latentColors(latents)[0] as Image, width * factor, height * factor, 'bicubic');
}
