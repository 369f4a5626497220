/**
 * `ksd generate`: a prompt, in Korean or English, to PNG files that tell how they were made.
 */
import { type Command, Option } from 'commander';
import { guidanceFor } from '../../catalog/packaged.ts';
import { chooseStudent, noStudent, type StudentFolder } from '../../catalog/students.ts';
import { writeFileAtomic } from '../../checkpoint/atomic.ts';
import { type Seed, seedsOf } from '../../generation/latents.ts';
import { pictureFile, savePictures } from '../../generation/picture.ts';
import type { Drawn, GenerationStep, Pipeline } from '../../generation/pipeline.ts';
import type { GenerationRequest } from '../../generation/request.ts';
import type { RequestedDevice } from '../../runtime/session.ts';
import { openStudio, warnOfFlagged } from '../drawing.ts';
import { addLoraOptions, chooseLoras, type LoraOptions } from '../loras.ts';
import { t, warn, word } from '../messages.ts';
import {
  addDrawingOptions,
  type DrawingOptions,
  deviceOption,
  examples,
  modelOption,
  readSize,
  realNumber,
  type SafetyOptions,
  safetyOption,
  wholeNumber,
} from '../options.ts';
import {
  addPreviewOptions,
  decoderOf,
  type PreviewOptions,
  type Previews,
  startPreviews,
} from '../previews.ts';
import { progress } from '../progress.ts';
import { addPromptOptions, type PromptCommandOptions, readPromptOptions } from '../promptOptions.ts';
import { addSourceOptions, type SourceOptions, sourcesOf } from '../sourceOptions.ts';
import { seconds } from '../units.ts';

interface Options
  extends DrawingOptions,
    PromptCommandOptions,
    SourceOptions,
    PreviewOptions,
    LoraOptions,
    SafetyOptions {
  readonly negative: string;
  readonly model: string;
  readonly student?: string;
  readonly size?: { readonly width: number; readonly height: number };
  readonly width?: number;
  readonly height?: number;
  readonly eta?: number;
  readonly count: number;
  readonly out: string;
  readonly device: RequestedDevice;
}

/** Pictures in one run of the model: more take more memory and are not much faster. */
const atOnce = 4;

export function addGenerate(program: Command): void {
  const command = program
    .command('generate')
    .description(t('프롬프트로 그림을 그립니다', 'draw pictures of a prompt'))
    .argument('<prompt>', t('한국어나 영어 프롬프트', 'prompt in Korean or English'))
    .option('--negative <prompt>', t('그리지 않을 것', 'what not to draw'), '')
    .addOption(modelOption())
    .option(
      '--student <folder>',
      t(
        `텍스트 인코더: 학습 폴더, 체크포인트, 내장 학생의 이름, 또는 ${noStudent}(원본)`,
        `text encoder: run, checkpoint, packaged name, or ${noStudent} for the model's own`,
      ),
    );
  addLoraOptions(addSourceOptions(addPromptOptions(addDrawingOptions(command))))
    .addOption(
      new Option('--size <WxH>', t('그림 크기 (가로x세로 픽셀)', 'size in pixels')).argParser(readSize),
    )
    .option('--width <pixels>', t('가로 픽셀', 'width in pixels'), wholeNumber(1))
    .option('--height <pixels>', t('세로 픽셀', 'height in pixels'), wholeNumber(1))
    .option(
      '--eta <x>',
      t(
        '스텝마다 새로 넣는 노이즈의 비율, 0~1 (ddim, tcd, euler_a 등)',
        'share of fresh noise in each step, 0 to 1 (ddim, tcd, euler_a, ...)',
      ),
      realNumber,
    )
    .option('--count <n>', t('그릴 장수', 'number of pictures'), wholeNumber(1), 1)
    .option('--out <path>', t('PNG 파일 또는 폴더', 'PNG file or folder'), 'out')
    .addOption(safetyOption())
    .addOption(deviceOption());
  addPreviewOptions(command)
    .addHelpText(
      'after',
      examples(
        [t('한국어로 그리기', 'in Korean'), 'ksd generate "파란색 배경의 빨간 사과"'],
        [
          t('시드를 바꿔 가며 네 장', 'four pictures, other seeds'),
          'ksd generate "고양이 얼굴" --count 4 --seed 7 --out out/cats',
        ],
        [
          t('사과를 더 강하게, 초록색은 약하게', 'more of the apple, less green'),
          'ksd generate "(빨간 사과:1.4), [초록색] 배경"',
        ],
        [
          t('textual inversion과 clip skip', 'textual inversion and clip skip'),
          'ksd generate "a photo of <cat-toy>" --embedding cat-toy.safetensors --clip-skip 2 --student none',
        ],
        [
          t('원본 인코더에 영어', 'English with the original encoder'),
          'ksd generate "a red apple" --student none --out apple.png',
        ],
        [
          t('내 모델과 내 학생으로', 'with a model and a student of yours'),
          'ksd generate "우주를 나는 고래" --model ~/models/stable-diffusion-v1-4 --student runs/roberta',
        ],
        [
          t('파일 하나로 된 모델로', 'with a checkpoint in one file'),
          'ksd generate "a yellow car" --model ~/models/v1-5-pruned-emaonly.safetensors',
        ],
        [
          t('LoRA를 더해서', 'with a LoRA'),
          'ksd generate "a cat in the rain" --model ~/models/sd-v1-5.safetensors --lora style.safetensors:0.8',
        ],
        [
          t('마스크의 흰 곳만 다시 그리기', 'draw anew what the mask shows'),
          'ksd generate "파란색 배경의 빨간 사과" --init apple.png --mask mask.png',
        ],
      ),
    )
    .action(generate);
}

async function generate(given: string, options: Options): Promise<void> {
  const { model, scheduler, device, count, out } = options;
  const prompting = await readPromptOptions(options);
  const student = await chooseStudent(options.student, model);
  const { prompt, loras } = await chooseLoras(given, options, model);
  const studio = await openStudio(
    { device, model, scheduler, loras, safetyChecker: options.safetyChecker, ...decoderOf(options) },
    student ? [student] : [],
  );
  warnOfKorean(prompt, options, student);
  const textEncoder = studio.students[0];
  const began = performance.now();
  const previews = await startPreviews(studio, model, out, options);
  try {
    const drawn = await drawAll(studio.pipeline, previews, {
      prompt,
      negativePrompt: options.negative,
      batch: count,
      seed: options.seed,
      steps: options.steps,
      ...prompting,
      ...guidanceFor(model, options.guidance),
      ...sizeOf(options),
      ...(options.eta === undefined ? {} : { eta: options.eta }),
      ...(textEncoder ? { textEncoder } : {}),
      ...(await sourcesOf(options)),
    });
    const time = seconds(performance.now() - began);
    const paths = await save(drawn, out);
    for (const warning of new Set(drawn.flatMap(({ generation }) => generation.warnings))) warn(warning);
    warnOfFlagged(drawn.flatMap(({ flagged }) => flagged));
    for (const path of paths) console.log(path);
    process.stderr.write(`${t(`${count}장을 ${time}초에 그렸습니다`, `${count} drawn in ${time} s`)}\n`);
  } finally {
    await previews?.end();
    await studio.dispose();
  }
}

/** Draws a few at a time, so that many pictures take no more memory than a few. */
async function drawAll(
  pipeline: Pipeline,
  previews: Previews | undefined,
  request: GenerationRequest,
): Promise<Drawn[]> {
  const seeds = seedsOf(request.seed ?? 0, request.batch ?? 1);
  const parts: Seed[][] = [];
  for (let start = 0; start < seeds.length; start += atOnce) parts.push(seeds.slice(start, start + atOnce));
  let bar: ReturnType<typeof progress> | undefined;
  const show = async (step: GenerationStep) => {
    bar ??= progress({
      total: step.calls * parts.length,
      label: word('그리기', 'drawing'),
      unit: word('스텝', 'steps'),
    });
    bar.tick();
    await previews?.show(step);
  };
  try {
    const drawn: Drawn[] = [];
    for (const part of parts) {
      drawn.push(await pipeline.draw({ ...request, batch: part.length, seed: part }, show));
    }
    return drawn;
  } finally {
    bar?.stop();
  }
}

/** `--width` and `--height` outdo `--size`. */
function sizeOf({ size, width, height }: Options): { width?: number; height?: number } {
  return {
    ...size,
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
  };
}

/** Into the file that `out` names, further ones beside it; or into the folder, under names that tell what they show. */
async function save(drawn: readonly Drawn[], out: string): Promise<string[]> {
  const paths: string[] = [];
  for (const part of drawn) {
    if (!out.toLowerCase().endsWith('.png')) {
      paths.push(...(await savePictures(out, part)));
      continue;
    }
    for (const [index, image] of part.images.entries()) {
      const path = paths.length === 0 ? out : `${out.slice(0, -4)}-${paths.length + 1}.png`;
      await writeFileAtomic(path, pictureFile(image, part.generation, index));
      paths.push(path);
    }
  }
  return paths;
}

function warnOfKorean(prompt: string, options: Options, student: StudentFolder | undefined): void {
  if (student !== undefined || options.student === noStudent || !/\p{Script=Hangul}/u.test(prompt)) return;
  warn(
    t(
      '이 모델의 텍스트 인코더는 한국어를 모를 수 있습니다. --student로 한국어를 배운 학생을 주세요.',
      'the text encoder of this model may know no Korean; give one that does with --student.',
    ),
  );
}
