/**
 * The API of AUTOMATIC1111's web UI under /sdapi/v1, on the jobs of this server. One job at a time is what `progress` and
 * `interrupt` are about there: here, the oldest that came this way and has not ended.
 */
import { z } from 'zod';
import { KsdError } from '../../errors.ts';
import { parametersKeyword, parseParameters } from '../../pictures/parameters.ts';
import { namedSamplers } from '../../schedulers/names.ts';
import { findModel } from '../completeRequest.ts';
import type { GenerateRequest } from '../contract/drawing.ts';
import type { Job } from '../contract/job.ts';
import { hangUp } from '../http/hangUp.ts';
import type { App } from '../http/types.ts';
import type { StepEvent } from '../jobs/queue.ts';
import { largerUploads } from '../limits.ts';
import { readPngField } from '../png.ts';
import { runToEnd, type Services } from '../services.ts';
import { fieldNames, fromImg2img, fromTxt2img, infoOf } from './automatic1111Request.ts';
import * as schemas from './automatic1111Schemas.ts';
import { picturesOf, renaming } from './fields.ts';

interface Current {
  readonly job: Job;
  step?: StepEvent;
  preview?: string;
}

const tags = ['AUTOMATIC1111'];

export function automatic1111Routes(app: App, services: Services): void {
  const { offered, queue, limits } = services;
  const [first] = offered.models;
  let options: schemas.Options = {
    sd_model_checkpoint: first?.name ?? '',
    CLIP_stop_at_last_layers: 1,
    ksd_student: '',
    samples_format: 'png',
  };
  /** In the order in which they came. */
  const running = new Map<string, Current>();

  async function draw(request: GenerateRequest, sendImages: boolean, signal: AbortSignal) {
    let current: Current | undefined;
    try {
      const job = await runToEnd(services, request, {
        signal,
        onStart: (started) => {
          current = { job: started };
          running.set(started.id, current);
        },
        onStep: (step) => {
          if (!current) return;
          current.step = step;
          const [preview] = step.previews ?? [];
          if (preview !== undefined) current.preview = preview;
        },
      });
      // Who interrupts it gets what there is: here nothing, since what nobody wants is not decoded.
      if (job.failure) throw new KsdError(job.failure.code, job.failure.problem, job.failure.remedy);
      return { images: sendImages ? await picturesOf(services, job) : [], info: infoOf(job) };
    } finally {
      if (current) running.delete(current.job.id);
    }
  }

  app.post(
    '/sdapi/v1/txt2img',
    {
      schema: {
        tags,
        summary: 'Draw pictures of a prompt',
        body: schemas.txt2img,
        response: { 200: schemas.drawn },
      },
    },
    async ({ body }, reply) => {
      const signal = hangUp(reply);
      const drawn = await renaming(fieldNames, () =>
        draw(fromTxt2img(body, options), body.send_images, signal),
      );
      return { ...drawn, parameters: { ...body } };
    },
  );

  app.post(
    '/sdapi/v1/img2img',
    {
      schema: {
        tags,
        summary: 'Draw from a picture',
        body: schemas.img2img,
        response: { 200: schemas.drawn },
      },
    },
    async ({ body }, reply) => {
      const signal = hangUp(reply);
      const drawn = await renaming(fieldNames, () =>
        draw(fromImg2img(body, options, limits.pixels), body.send_images, signal),
      );
      return { ...drawn, parameters: { ...body, init_images: null, mask: null } };
    },
  );

  app.get(
    '/sdapi/v1/progress',
    {
      schema: {
        tags,
        summary: 'How far the picture in work is',
        querystring: z.object({ skip_current_image: z.stringbool().default(false) }),
        response: { 200: schemas.progress },
      },
    },
    async ({ query }) => progressOf([...running.values()], query.skip_current_image),
  );

  for (const name of ['interrupt', 'skip']) {
    app.post(`/sdapi/v1/${name}`, { schema: { tags, summary: 'End the picture in work' } }, async () => {
      const [current] = running.values();
      if (current) await queue.cancel(current.job.id);
      return {};
    });
  }

  app.get(
    '/sdapi/v1/options',
    {
      schema: {
        tags,
        summary: 'What requests use that say nothing else',
        response: { 200: schemas.options },
      },
    },
    async () => options,
  );

  app.post(
    '/sdapi/v1/options',
    { schema: { tags, summary: 'Change that', body: schemas.options.partial() } },
    async ({ body }) => {
      const { sd_model_checkpoint: model } = body;
      if (model !== undefined) {
        await renaming({ model: 'sd_model_checkpoint' }, async () => findModel(offered, model));
      }
      const { CLIP_stop_at_last_layers, ksd_student } = body;
      options = {
        ...options,
        ...(model === undefined ? {} : { sd_model_checkpoint: model }),
        ...(CLIP_stop_at_last_layers === undefined ? {} : { CLIP_stop_at_last_layers }),
        ...(ksd_student === undefined ? {} : { ksd_student }),
      };
      return {};
    },
  );

  app.post(
    '/sdapi/v1/png-info',
    { schema: { tags, summary: 'What a PNG file says of how it was made', body: schemas.pngInfo } },
    async ({ body }) => {
      const { text: items } = readPngField('image', body.image, largerUploads * limits.pixels);
      const info = items[parametersKeyword] ?? '';
      return { info, items, parameters: info === '' ? {} : parseParameters(info) };
    },
  );

  app.get(
    '/sdapi/v1/samplers',
    { schema: { tags, summary: 'Samplers', response: { 200: schemas.samplers } } },
    async () =>
      Object.entries(namedSamplers).map(([name, { label }]) => ({
        name: label,
        aliases: [name],
        options: {},
      })),
  );

  app.get(
    '/sdapi/v1/sd-models',
    { schema: { tags, summary: 'Models', response: { 200: schemas.sdModels } } },
    async () =>
      offered.models.map(({ name }) => ({
        ...{ title: name, model_name: name, filename: name },
        ...{ hash: null, sha256: null, config: null },
      })),
  );
}

function progressOf(all: readonly Current[], withoutImage: boolean): z.infer<typeof schemas.progress> {
  const [current] = all;
  const { done = 0, total = 0 } = current?.step?.progress ?? {};
  const image = withoutImage ? undefined : current?.preview;
  return {
    progress: total === 0 ? 0 : done / total,
    eta_relative: current?.step?.etaSeconds ?? 0,
    state: {
      skipped: false,
      interrupted: false,
      job: current?.job.id ?? '',
      job_count: all.length,
      job_timestamp: current?.job.createdAt ?? '0',
      job_no: 0,
      sampling_step: done,
      sampling_steps: total,
    },
    current_image: image?.replace(/^data:image\/png;base64,/, '') ?? null,
    textinfo: null,
  };
}
