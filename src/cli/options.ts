/**
 * Options that several commands share, and how their values are read. What a value means is the lower floors' to
 * check; here is only whether it can be understood.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { packagedModel } from '../catalog/packaged.ts';
import type { Seed } from '../generation/latents.ts';
import type { KeepingRuntime } from '../runtime/keeping.ts';
import { openRuntime, type RuntimeOptions } from '../runtime/node.ts';
import type { RequestedDevice } from '../runtime/session.ts';
import { t } from './messages.ts';

const devices: readonly RequestedDevice[] = ['auto', 'cpu', 'webgpu', 'cuda'];

export function deviceOption(preset: RequestedDevice = 'auto'): Option {
  return new Option('--device <device>', t('계산 장치', 'where to compute')).choices(devices).default(preset);
}

export function modelOption(): Option {
  return new Option(
    '--model <path>',
    t(
      'Stable Diffusion 1.x: diffusers 폴더, 또는 .safetensors나 .ckpt 파일 하나',
      'Stable Diffusion 1.x: a diffusers folder, or one .safetensors or .ckpt file',
    ),
  ).default(packagedModel.folder, t('내장 emoji-sd', 'the packaged emoji-sd'));
}

export interface SafetyOptions {
  readonly safetyChecker: boolean;
}

export function safetyOption(): Option {
  return new Option(
    '--no-safety-checker',
    t('모델의 안전 검사를 끕니다', 'leave out the safety checker of the model'),
  );
}

/** Opens the device and says on stderr which it is. */
export async function openDevice(device: RequestedDevice, options?: RuntimeOptions): Promise<KeepingRuntime> {
  const runtime = await openRuntime(device, options);
  process.stderr.write(`${t('장치', 'device')}: ${runtime.description}\n`);
  return runtime;
}

/** Settings of a picture, common to `generate`, `compare` and `eval`. */
export interface DrawingOptions {
  readonly seed: Seed;
  readonly steps: number;
  readonly guidance?: number;
  readonly scheduler: string;
}

export function addDrawingOptions(command: Command): Command {
  return command
    .option('--seed <n>', t('첫 그림의 시드', 'seed of the first picture'), readSeed, 0)
    .option('--steps <n>', t('샘플링 스텝 수', 'sampling steps'), wholeNumber(1), 25)
    .option(
      '--guidance <x>',
      t(
        '가이던스(CFG), 프롬프트를 따르는 정도 (기본 7.5, 내장 모델은 5)',
        'classifier-free guidance: weight of the prompt (default 7.5; 5 for the packaged model)',
      ),
      realNumber,
    )
    .option(
      '--scheduler <name>',
      t(
        '샘플러: unipc, ddim, "DPM++ 2M Karras" 등 (목록: ksd info --samplers)',
        'sampler: unipc, ddim, "DPM++ 2M Karras", ... (list: ksd info --samplers)',
      ),
      'unipc',
    );
}

/** A parser of whole numbers from `least` on. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text.trim()) && Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(
      t(`${least} 이상의 정수를 주세요.`, `Give a whole number of at least ${least}.`),
    );
  };
}

export function realNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError(t('숫자를 주세요.', 'Give a number.'));
}

/** Whole numbers beyond 2^53 are kept exactly. */
function readSeed(text: string): Seed {
  if (!/^\d+$/.test(text.trim())) {
    throw new InvalidArgumentError(t('0 이상의 정수를 주세요.', 'Give a whole number of at least 0.'));
  }
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}

/** `64x64`: width, then height, in pixels. */
export function readSize(text: string): { width: number; height: number } {
  const match = /^(\d+)[xX×](\d+)$/.exec(text.trim());
  if (match) return { width: Number(match[1]), height: Number(match[2]) };
  throw new InvalidArgumentError(
    t('512x512처럼 가로x세로로 써 주세요.', 'Give width x height, such as 512x512.'),
  );
}

/** `a,b,c`. */
export function readList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** The examples that end every help text: what is done, and the line to type. */
export function examples(...lines: readonly (readonly [what: string, command: string])[]): string {
  const shown = lines.map(([what, command]) => `  # ${what}\n  $ ${command}`);
  return `\n${t('예', 'Examples')}:\n${shown.join('\n')}\n`;
}
