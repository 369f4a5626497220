/**
 * From a request as AUTOMATIC1111's clients write it to one of this server, and from a job to the answer that they expect.
 */
import { blurred, inverted } from '../../pictures/mask.ts';
import { encodePng } from '../../pictures/png.ts';
import { namedSamplers } from '../../schedulers/names.ts';
import type { GenerateRequest } from '../contract/drawing.ts';
import type { Job } from '../contract/job.ts';
import { largerUploads } from '../limits.ts';
import { readPngField } from '../png.ts';
import type { Img2img, Options, Txt2img } from './automatic1111Schemas.ts';

/** Fields of this server by their names there. */
export const fieldNames: Readonly<Record<string, string>> = {
  negativePrompt: 'negative_prompt',
  guidance: 'cfg_scale',
  scheduler: 'sampler_name',
  initImage: 'init_images',
  strength: 'denoising_strength',
  count: 'batch_size',
  model: 'override_settings.sd_model_checkpoint',
  student: 'override_settings.ksd_student',
};

/** Steps between the pictures that `progress` shows. */
const previewEvery = 5;

export function fromTxt2img(body: Txt2img, options: Options): GenerateRequest {
  const override = body.override_settings ?? {};
  const model = override.sd_model_checkpoint ?? options.sd_model_checkpoint;
  const student = override.ksd_student ?? options.ksd_student;
  const clipSkip = override.CLIP_stop_at_last_layers ?? options.CLIP_stop_at_last_layers;
  const scheduler = samplerOf(body);
  const { prompt, negative_prompt, seed, batch_size, n_iter, steps, cfg_scale, width, height, eta } = body;
  return {
    kind: 'generate',
    prompt,
    negativePrompt: negative_prompt,
    count: batch_size * n_iter,
    previewEvery,
    model,
    ...(student === '' ? {} : { student }),
    ...(clipSkip > 1 ? { clipSkip } : {}),
    ...(seed < 0 ? {} : { seed }),
    ...(steps == null ? {} : { steps }),
    ...(cfg_scale == null ? {} : { guidance: cfg_scale }),
    ...(scheduler === undefined ? {} : { scheduler }),
    ...(width == null ? {} : { width }),
    ...(height == null ? {} : { height }),
    ...(eta == null ? {} : { eta }),
  };
}

export function fromImg2img(body: Img2img, options: Options, pixels: number): GenerateRequest {
  const [initImage] = body.init_images;
  return {
    ...fromTxt2img(body, options),
    initImage,
    strength: body.denoising_strength,
    ...(body.mask == null ? {} : { mask: maskOf(body, pixels) }),
  };
}

/** White is drawn anew there, too; the edge is softened, and the two may be swapped. */
function maskOf({ mask, mask_blur, inpainting_mask_invert }: Img2img, pixels: number): string {
  const { image } = readPngField('mask', mask as string, largerUploads * pixels);
  const turned = inpainting_mask_invert ? inverted(image) : image;
  return Buffer.from(encodePng(blurred(turned, mask_blur))).toString('base64');
}

/** There a sampler and the spacing of its noise levels are two fields, `Automatic` the sampler's own. */
function samplerOf({ sampler_name, sampler_index, scheduler }: Txt2img): string | undefined {
  const sampler = sampler_name ?? sampler_index ?? undefined;
  if (sampler === undefined || !scheduler || /^automatic$/i.test(scheduler)) return sampler;
  return `${sampler} ${scheduler}`;
}

/** What `info` holds, as JSON. */
export function infoOf(job: Job): string {
  const { request, result } = job;
  const pictures = result?.kind === 'generate' ? result.pictures : [];
  if (request.kind !== 'generate') return '{}';
  const { prompt, negativePrompt, seed = 0, width, height, scheduler = '', guidance, steps } = request;
  const each = <Value>(value: (index: number) => Value) =>
    Array.from({ length: request.count }, (_, i) => value(i));
  return JSON.stringify({
    prompt,
    all_prompts: each(() => prompt),
    negative_prompt: negativePrompt,
    all_negative_prompts: each(() => negativePrompt),
    seed,
    all_seeds: each((i) => seed + i),
    ...{ width, height, steps, cfg_scale: guidance },
    sampler_name: namedSamplers[scheduler]?.label ?? scheduler,
    batch_size: request.count,
    sd_model_name: request.model,
    denoising_strength: request.strength ?? 0,
    clip_skip: request.clipSkip ?? 1,
    job_timestamp: job.createdAt,
    infotexts: pictures.map(({ parameters }) => parameters.text ?? ''),
  });
}
