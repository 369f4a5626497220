import { afterAll, expect, test } from 'vitest';
import { solid } from '../../pictures/image.ts';
import { decodePng, encodePng } from '../../pictures/png.ts';
import { openServer, type Undo, undoAll } from '../testing/server.ts';

const undo: Undo = [];
afterAll(() => undoAll(undo));

const server = await openServer(undo);
const root = `${server.url}/sdapi/v1`;
const get = async (path: string) => (await fetch(`${root}/${path}`)).json();
/** As curl sends it in the wiki of the web UI. */
const send = (path: string, body: object) =>
  fetch(`${root}/${path}`, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const post = async (path: string, body: object = {}) => (await send(path, body)).json();
const pictureIn = (base64: string) => decodePng(Buffer.from(base64, 'base64'));

test('txt2img answers with pictures, what was asked for, and how they were made', async () => {
  const asked = {
    prompt: 'a red apple',
    steps: 3,
    seed: 5,
    n_iter: 2,
    sampler_name: 'Euler a',
    cfg_scale: 4,
  };
  const { images, parameters, info } = await post('txt2img', asked);
  expect(images).toHaveLength(2);
  expect(pictureIn(images[0]).text['parameters']).toMatch(
    /^a red apple\nSteps: 3, Sampler: Euler a, CFG scale: 4, Seed: 5, Size: 64x64/,
  );
  expect(parameters).toMatchObject(asked);
  expect(JSON.parse(info)).toMatchObject({
    ...{
      seed: 5,
      all_seeds: [5, 6],
      sampler_name: 'Euler a',
      steps: 3,
      width: 64,
      sd_model_name: 'emoji-sd',
    },
    infotexts: [expect.stringContaining('Seed: 5'), expect.stringContaining('Seed: 6')],
  });
});

test('a sampler and a scheduler are one of our samplers', async () => {
  const { info } = await post('txt2img', {
    ...{ prompt: 'x', steps: 2, sampler_name: 'DPM++ 2M', scheduler: 'Karras', send_images: false },
  });
  expect(JSON.parse(info).infotexts[0]).toContain('Sampler: DPM++ 2M Karras');
});

test('img2img starts from a picture, and the mask may be turned round and softened', async () => {
  const red = Buffer.from(encodePng(solid(64, 64, [220, 30, 30]))).toString('base64');
  const black = Buffer.from(encodePng(solid(64, 64, [0, 0, 0]))).toString('base64');
  const asked = { prompt: 'a red apple', steps: 4, init_images: [`data:image/png;base64,${red}`], seed: 1 };
  const weak = await post('img2img', { ...asked, denoising_strength: 0.25 });
  expect(pictureIn(weak.images[0]).image).toMatchObject({ width: 64, height: 64 });
  expect(weak.parameters).toMatchObject({ init_images: null, denoising_strength: 0.25 });
  // A black mask leaves everything as it is; turned round, nothing.
  const kept = await post('img2img', { ...asked, mask: black, mask_blur: 0 });
  expect(pictureIn(kept.images[0]).image.data.slice(0, 3)).toEqual(Uint8Array.of(220, 30, 30));
  const redrawn = await post('img2img', { ...asked, mask: black, mask_blur: 2, inpainting_mask_invert: 1 });
  expect(redrawn.images[0]).not.toBe(kept.images[0]);
});

test('progress tells of the picture in work and shows it; interrupt ends it', async () => {
  expect(await get('progress')).toMatchObject({ progress: 0, current_image: null, state: { job_count: 0 } });
  const drawing = post('txt2img', { prompt: 'a red apple', steps: 150 });
  await expect.poll(async () => (await get('progress')).current_image, { timeout: 20_000 }).not.toBeNull();
  const { progress, current_image, state } = await get('progress');
  expect(progress).toBeGreaterThan(0);
  expect(progress).toBeLessThan(1);
  expect(state).toMatchObject({ job_count: 1, sampling_steps: 150 });
  expect(pictureIn(current_image).image.width).toBe(64);
  expect((await get('progress?skip_current_image=true')).current_image).toBeNull();
  expect(await post('interrupt')).toEqual({});
  expect((await drawing).images).toEqual([]);
  expect((await get('progress')).state.job_count).toBe(0);
});

test('options are told and changed, and requests follow them', async () => {
  expect(await get('options')).toMatchObject({
    sd_model_checkpoint: 'emoji-sd',
    CLIP_stop_at_last_layers: 1,
  });
  expect((await send('options', { sd_model_checkpoint: 'none such' })).status).toBe(422);
  await post('options', { CLIP_stop_at_last_layers: 2, ksd_student: 'clip' });
  const { info } = await post('txt2img', { prompt: 'x', steps: 1, send_images: false });
  expect(JSON.parse(info).infotexts[0]).toMatch(/Text encoder: clip, Clip skip: 2/);
  const override_settings = { CLIP_stop_at_last_layers: 1, ksd_student: 'none' };
  const own = await post('txt2img', { prompt: 'x', steps: 1, send_images: false, override_settings });
  expect(JSON.parse(own.info).infotexts[0]).not.toContain('Clip skip');
  await post('options', { CLIP_stop_at_last_layers: 1, ksd_student: '' });
});

test('png-info reads what a picture says of itself', async () => {
  const { images } = await post('txt2img', { prompt: '고양이', steps: 1, seed: 9 });
  const { info, items, parameters } = await post('png-info', { image: `data:image/png;base64,${images[0]}` });
  expect(info).toMatch(/^고양이\nSteps: 1/);
  expect(items.parameters).toBe(info);
  expect(parameters).toMatchObject({ prompt: '고양이', seed: 9 });
});

test('models and samplers are listed as clients look them up', async () => {
  expect(await get('sd-models')).toMatchObject([{ title: 'emoji-sd', model_name: 'emoji-sd' }]);
  const names = (await get('samplers')).map(({ name }: { name: string }) => name);
  expect(names).toEqual(expect.arrayContaining(['Euler a', 'DPM++ 2M Karras', 'UniPC']));
});

test('what would change the picture and is not done here is refused; what changes nothing is let through', async () => {
  const refused = async (body: object) => {
    const answer = await send('txt2img', { prompt: 'x', steps: 1, ...body });
    return [answer.status, (await answer.json()).field];
  };
  expect(await refused({ enable_hr: true })).toEqual([422, 'enable_hr']);
  expect(await refused({ tiling: true })).toEqual([422, 'tiling']);
  expect(await refused({ sampler_name: 'none such' })).toEqual([422, 'sampler_name']);
  expect(await refused({ cfg_scale: 200 })).toEqual([422, 'cfg_scale']);
  expect(await refused({ batch_size: 9, n_iter: 9 })).toEqual([422, 'batch_size']);
  expect((await send('txt2img', { prompt: 'x', steps: 1, save_images: false, subseed: 3 })).status).toBe(200);
});
