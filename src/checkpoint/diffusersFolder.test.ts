import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CheckpointError } from '../errors.ts';
import { openDiffusersFolder, openVaeWeights } from './diffusersFolder.ts';
import { writeJson } from './json.ts';
import { readFloat32, tensorNamed } from './tensorEntry.ts';

const golden = 'fixtures/golden';
let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'ksd-diffusers-'));
  await cp(join(golden, 'pipeline/sd_tiny'), scratch, { recursive: true });
});
afterEach(() => rm(scratch, { recursive: true }));

describe('openDiffusersFolder', () => {
  it('opens the five components of a folder whose safety checker is null', async () => {
    const { tokenizer, textEncoder, unet, vae, scheduler } = await openDiffusersFolder(scratch);
    expect(tokenizer).toMatchObject({ className: 'CLIPTokenizer', folder: join(scratch, 'tokenizer') });
    expect(textEncoder).toMatchObject({ className: 'CLIPTextModel', modelType: 'clip_text_model' });
    expect(scheduler.config['_class_name']).toBe(scheduler.className);
    expect(unet.config['cross_attention_dim']).toBe(12);
    expect(unet.weights.tensors.has('conv_in.weight')).toBe(true);
    expect(vae.weights.tensors.has('quant_conv.weight')).toBe(true);
  });

  it('takes fp16 variants where only these exist', async () => {
    const name = (variant: string) => join(scratch, 'unet', `diffusion_pytorch_model${variant}.safetensors`);
    await rename(name(''), name('.fp16'));
    expect((await openDiffusersFolder(scratch)).unet.weights.source).toBe(name('.fp16'));
  });

  it('says which component is missing, and where', async () => {
    const index = JSON.parse(await readFile(join(scratch, 'model_index.json'), 'utf8'));
    const save = (unet: unknown) => writeJson(join(scratch, 'model_index.json'), { ...index, unet });
    const refused = async (message: string) => {
      await expect(openDiffusersFolder(scratch)).rejects.toThrow(CheckpointError);
      await expect(openDiffusersFolder(scratch)).rejects.toThrow(message);
    };
    await save([null, null]);
    await refused(`${scratch} has no unet: model_index.json has null`);
    await save('UNet2DConditionModel');
    await refused('instead of a library and a class');
    const deep = '['.repeat(1e5) + ']'.repeat(1e5);
    const text = JSON.stringify({ ...index, unet: 0 }).replace('"unet":0', `"unet":[0,${deep}]`);
    await writeFile(join(scratch, 'model_index.json'), text);
    await refused('has a value that is nested too deeply to show for it instead of a library');
    await save(undefined);
    await refused(`${scratch} has no unet: model_index.json does not name it`);
    await save(index.unet);
    await rm(join(scratch, 'unet', 'diffusion_pytorch_model.safetensors'));
    await refused(`${join(scratch, 'unet')} holds no weights file`);
    await rm(join(scratch, 'unet'), { recursive: true });
    await refused(`there is no folder ${join(scratch, 'unet')}`);
    await writeFile(join(scratch, 'model_index.json'), '{');
    await refused('model_index.json is not valid JSON');
  });
});

describe('openVaeWeights', () => {
  it('gives old and new files the same names and values', async () => {
    const old = await openVaeWeights(join(golden, 'vae/vae_old_names'));
    const present = await openVaeWeights(join(golden, 'vae/vae'));
    expect([...old.tensors.keys()].sort()).toEqual([...present.tensors.keys()].sort());
    for (const name of present.tensors.keys()) {
      expect(await readFloat32(tensorNamed(old, name))).toEqual(
        await readFloat32(tensorNamed(present, name)),
      );
    }
  });
});
