/**
 * `--preview`: a PNG file that shows the picture while it is being drawn, and `--taesd`, which makes that sharp and cheap.
 */
import { rm } from 'node:fs/promises';
import type { Command } from 'commander';
import { taesdBeside } from '../catalog/taesd.ts';
import { writeFileAtomic } from '../checkpoint/atomic.ts';
import { InputError } from '../errors.ts';
import type { GenerationStep, Pipeline } from '../generation/pipeline.ts';
import { openPreviewDecoder } from '../generation/previewDecoder.ts';
import { previewOf } from '../generation/previewImage.ts';
import { encodePng } from '../pictures/png.ts';
import type { Runtime } from '../runtime/session.ts';
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
      const image = await previewOf(pipeline, decoder, predictedOriginal());
      await writeFileAtomic(path, encodePng(image));
    },
    async end() {
      await decoder?.dispose();
      await rm(path, { force: true });
    },
  };
}
