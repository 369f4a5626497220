/**
 * Options of the pictures that a drawing starts from: image to image and inpainting.
 */
import type { Command } from 'commander';
import type { GenerationRequest } from '../generation/request.ts';
import { blurred, inverted } from '../pictures/mask.ts';
import { readPng } from '../pictures/pngFile.ts';
import { t } from './messages.ts';
import { realNumber } from './options.ts';

export interface SourceOptions {
  readonly init?: string;
  readonly strength?: number;
  readonly mask?: string;
  readonly maskBlur: number;
  readonly invertMask?: boolean;
}

export function addSourceOptions(command: Command): Command {
  return command
    .option('--init <png>', t('이 그림에서 시작 (image to image)', 'picture to start from (image to image)'))
    .option(
      '--strength <x>',
      t(
        '--init에서 새로 그리는 정도, 0 초과 1 이하 (기본 0.8, --mask가 있으면 1)',
        'how much of --init is drawn anew, above 0 to 1 (default 0.8; 1 with --mask)',
      ),
      realNumber,
    )
    .option(
      '--mask <png>',
      t(
        '--init에서 흰 곳만 새로 그리는 마스크 (inpainting)',
        'mask: white is drawn anew in --init (inpainting)',
      ),
    )
    .option(
      '--mask-blur <pixels>',
      t('마스크 가장자리를 흐리는 정도 (픽셀)', 'how far the edge of the mask is blurred'),
      realNumber,
      0,
    )
    .option('--invert-mask', t('검은 곳을 새로 그립니다', 'draw anew what is black in the mask'));
}

/** The pictures, read from their files. */
export async function sourcesOf(options: SourceOptions): Promise<Partial<GenerationRequest>> {
  const { init, mask, strength } = options;
  return {
    ...(init === undefined ? {} : { initImage: await readPng(init) }),
    ...(mask === undefined ? {} : { mask: await maskOf(mask, options) }),
    ...(strength === undefined ? {} : { strength }),
  };
}

async function maskOf(path: string, { maskBlur, invertMask }: SourceOptions) {
  const mask = await readPng(path);
  return blurred(invertMask ? inverted(mask) : mask, maskBlur);
}
