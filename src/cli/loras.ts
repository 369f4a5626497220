/**
 * Which LoRAs a picture is drawn with: those of `--lora`, and those that `<lora:name:0.8>` in the prompt asks for.
 */
import { readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { isFile } from '../catalog/packaged.ts';
import { CheckpointError } from '../errors.ts';
import type { LoraFile } from '../lora/open.ts';
import { takeLoraTags } from '../text/loraTags.ts';
import { t } from './messages.ts';

export interface LoraOptions {
  readonly lora?: readonly LoraFile[];
  readonly loraFolder?: string;
}

export function addLoraOptions(command: Command): Command {
  return command
    .option(
      '--lora <file:x>',
      t(
        '더할 LoRA와 세기, 여러 번 쓸 수 있음 (예: style.safetensors:0.8, 기본 세기 1)',
        'LoRA to add and how strongly, may be repeated (such as style.safetensors:0.8; 1 by default)',
      ),
      readLora,
    )
    .option(
      '--lora-folder <folder>',
      t(
        '프롬프트의 <lora:이름:0.8>을 찾을 폴더 (기본: 모델 옆이나 현재 폴더의 loras)',
        'where <lora:name:0.8> in the prompt is looked for (default: loras beside the model, or here)',
      ),
    );
}

/** `style.safetensors:0.8`; a name alone is added once. */
export function readLora(text: string, before: readonly LoraFile[] = []): LoraFile[] {
  const [, path = '', multiplier] = /^(.*?)(?::([^:\\/]*))?$/s.exec(text) ?? [];
  const value = multiplier === undefined ? 1 : Number(multiplier);
  if (path !== '' && multiplier?.trim() !== '' && Number.isFinite(value)) {
    return [...before, { path, multiplier: value }];
  }
  throw new InvalidArgumentError(
    t(
      'style.safetensors:0.8처럼 파일과 숫자를 주세요.',
      'Give a file and a number, such as style.safetensors:0.8.',
    ),
  );
}

const ends = ['.safetensors', '.pt', '.bin', '.ckpt', '.pth'];

/**
 * The prompt without its tags, and all LoRAs that were asked for, those of the prompt last.
 * Throws CheckpointError for a name that no file has, InputError for a tag that cannot be understood.
 */
export async function chooseLoras(
  prompt: string,
  { lora: given = [], loraFolder }: LoraOptions,
  model: string,
): Promise<{ readonly prompt: string; readonly loras: readonly LoraFile[] }> {
  const tags = takeLoraTags(prompt);
  const folders =
    loraFolder === undefined ? [join(dirname(resolve(model)), 'loras'), resolve('loras')] : [loraFolder];
  const loras: LoraFile[] = [];
  for (const file of given) loras.push({ ...file, path: await findLora(file.path, folders) });
  for (const { name, ...multipliers } of tags.loras) {
    loras.push({ path: await findLora(name, folders), ...multipliers });
  }
  return { prompt: tags.prompt, loras };
}

async function findLora(name: string, folders: readonly string[]): Promise<string> {
  for (const place of [name, ...folders.map((folder) => join(folder, name))]) {
    for (const end of ['', ...ends]) if (await isFile(place + end)) return place + end;
  }
  const present = (await Promise.all(folders.map(lorasIn))).flat();
  const [first] = folders;
  throw new CheckpointError(
    t(`LoRA ${name}이(가) 없습니다.`, `There is no LoRA ${name}.`),
    present.length > 0
      ? t(`이 중에서 고르세요: ${present.join(', ')}.`, `Choose one of ${present.join(', ')}.`)
      : t(
          `${first} 폴더에 파일을 두거나, --lora로 파일의 경로를 주세요.`,
          `Put the file into ${first}, or give its path with --lora.`,
        ),
  );
}

async function lorasIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.flatMap((name) =>
    ends.flatMap((end) => (name.endsWith(end) ? [name.slice(0, -end.length)] : [])),
  );
}
