/**
 * What AUTOMATIC1111's web UI takes and answers under /sdapi/v1, as far as this server does. Fields that change nothing here
 * are let through: its clients send many.
 */
import { z } from 'zod';

const off = (what: string) => z.literal(false, { error: `${what} is not done here` }).nullish();

const common = {
  prompt: z.string().default(''),
  negative_prompt: z.string().default(''),
  seed: z.int().min(-1).default(-1),
  sampler_name: z.string().nullish(),
  sampler_index: z.string().nullish(),
  scheduler: z.string().nullish(),
  batch_size: z.int().min(1).default(1),
  n_iter: z.int().min(1).default(1),
  steps: z.int().min(1).nullish(),
  cfg_scale: z.number().min(0).max(100).nullish(),
  width: z.int().min(8).nullish(),
  height: z.int().min(8).nullish(),
  eta: z.number().min(0).max(1).nullish(),
  restore_faces: off('restoring faces'),
  tiling: off('tiling'),
  send_images: z.boolean().default(true),
  override_settings: z
    .looseObject({
      sd_model_checkpoint: z.string().nullish(),
      CLIP_stop_at_last_layers: z.int().min(1).nullish(),
      ksd_student: z.string().nullish(),
    })
    .nullish(),
};

export const txt2img = z.looseObject({ ...common, enable_hr: off('a second pass in high resolution') });

export const img2img = z.looseObject({
  ...common,
  init_images: z.array(z.string()).length(1, 'takes one picture'),
  denoising_strength: z.number().gt(0).max(1).default(0.75),
  mask: z.string().nullish(),
  mask_blur: z.number().min(0).max(64).default(4),
  inpainting_mask_invert: z.union([z.int(), z.boolean()]).default(0),
});

export type Txt2img = z.infer<typeof txt2img>;
export type Img2img = z.infer<typeof img2img>;

export const drawn = z.object({
  images: z.array(z.string()),
  parameters: z.record(z.string(), z.unknown()),
  /** JSON. */
  info: z.string(),
});

export const progress = z.object({
  /** 0 to 1. */
  progress: z.number(),
  eta_relative: z.number(),
  state: z.object({
    skipped: z.boolean(),
    interrupted: z.boolean(),
    job: z.string(),
    job_count: z.int(),
    job_timestamp: z.string(),
    job_no: z.int(),
    sampling_step: z.int(),
    sampling_steps: z.int(),
  }),
  current_image: z.string().nullable(),
  textinfo: z.string().nullable(),
});

export const options = z.looseObject({
  sd_model_checkpoint: z.string(),
  CLIP_stop_at_last_layers: z.int().min(1).max(12),
  /** Of this server: the text encoder, `none` for the model's own, empty for what suits the model. */
  ksd_student: z.string(),
});

export type Options = z.infer<typeof options>;

export const pngInfo = z.object({ image: z.string() });

export const samplers = z.array(
  z.object({ name: z.string(), aliases: z.array(z.string()), options: z.record(z.string(), z.string()) }),
);

export const sdModels = z.array(
  z.object({
    title: z.string(),
    model_name: z.string(),
    hash: z.null(),
    sha256: z.null(),
    filename: z.string(),
    config: z.null(),
  }),
);
