/**
 * `ksd fid`: how far the pictures of two folders are apart, by what a CLIP reads in them.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { unreadable } from '../../checkpoint/file.ts';
import { InputError } from '../../errors.ts';
import { frechetDistance, type Gaussian, gaussianOf } from '../../evaluation/frechet.ts';
import { openClipPictures, type PictureReader } from '../../evaluation/pictureReader.ts';
import { readPng } from '../../pictures/pngFile.ts';
import type { RequestedDevice } from '../../runtime/session.ts';
import { below, t, word } from '../messages.ts';
import { deviceOption, examples, openDevice } from '../options.ts';
import { progress } from '../progress.ts';

interface Options {
  readonly features: string;
  readonly device: RequestedDevice;
}

export function addFid(program: Command): void {
  program
    .command('fid')
    .description(
      t(
        '두 폴더의 그림이 얼마나 다른지 프레셰 거리(CLIP-FID)로 잽니다',
        'measure how far the pictures of two folders are apart (CLIP-FID)',
      ),
    )
    .argument('<a>', t('PNG 그림이 든 폴더', 'folder of PNG pictures'))
    .argument('<b>', t('견줄 폴더', 'folder to compare with'))
    .requiredOption(
      '--features <folder>',
      t(
        '그림을 읽을 CLIP의 Hugging Face 폴더 (이미지 쪽만 있어도 됩니다)',
        'Hugging Face folder of the CLIP that reads the pictures; its vision model is enough',
      ),
    )
    .addOption(deviceOption())
    .addHelpText(
      'after',
      examples([
        t('학생이 그린 그림과 원본이 그린 그림', 'pictures of a student and of the original'),
        'ksd fid out/student out/original --features models/clip-vit-base-patch32',
      ]),
    )
    .action(fid);
}

async function fid(a: string, b: string, { features, device }: Options): Promise<void> {
  const [some, others] = [await picturesIn(a), await picturesIn(b)];
  const runtime = await openDevice(device);
  const reader = await openClipPictures(runtime, features);
  try {
    const distance = frechetDistance(await gaussian(reader, some, a), await gaussian(reader, others, b));
    console.log(`CLIP-FID ${distance.toFixed(4)}`);
    if (Math.min(some.length, others.length) <= reader.size) sayFew(some.length, others.length, reader.size);
  } finally {
    await reader.dispose();
  }
}

/** The PNG files of a folder and of those in it, in an order that is always the same. */
async function picturesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true }).catch((cause) => {
    throw unreadable(folder, cause);
  });
  const pictures = names.filter((name) => /\.png$/i.test(name)).sort();
  if (pictures.length >= 2) return pictures.map((name) => join(folder, name));
  throw new InputError(
    t(
      `${folder}에 PNG 그림이 ${pictures.length}장 있습니다.`,
      `${folder} holds ${pictures.length} PNG pictures.`,
    ),
    t('두 장 이상 있는 폴더를 주세요.', 'Give a folder with at least two.'),
  );
}

async function gaussian(reader: PictureReader, paths: readonly string[], label: string): Promise<Gaussian> {
  const bar = progress({ total: paths.length, label, unit: word('장', 'pictures') });
  try {
    const features: Float32Array[] = [];
    for (const path of paths) {
      features.push(await reader.read(await readPng(path)));
      bar.tick();
    }
    return gaussianOf(features);
  } finally {
    bar.stop();
  }
}

function sayFew(a: number, b: number, size: number): void {
  const warning = below(
    `그림이 ${a}장과 ${b}장으로, 특징의 수(${size})보다 많지 않습니다. 이 값은 크게 나오니, 장수가 같은 것끼리만 견주세요.`,
    `With ${a} and ${b} pictures, no more than the ${size} features, the distance is overestimated: compare sets of equal size only.`,
  );
  process.stderr.write(`${warning}\n`);
}
