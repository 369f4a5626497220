import { cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CheckpointError } from '../errors.ts';
import { writeJson } from './json.ts';
import { writeSafetensors } from './safetensorsWriter.ts';
import { openSafetyCheckerFolder } from './safetyCheckerFolder.ts';

const files = 'fixtures/reference/safety';

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'ksd-checker-'));
});
afterEach(() => rm(scratch, { recursive: true }));

it('opens the checker of a model, or by its own folder', async () => {
  const [model, own] = [
    await openSafetyCheckerFolder(files),
    await openSafetyCheckerFolder(`${files}/safety_checker`),
  ];
  expect(own.model).toEqual(model.model);
  expect(own.preprocessor.json).toEqual(model.preprocessor.json);
  expect([...own.weights.tensors.keys()]).toEqual([...model.weights.tensors.keys()]);
});

it('finds the preprocessing inside the folder, too', async () => {
  await cp(`${files}/safety_checker`, scratch, { recursive: true });
  await cp(`${files}/feature_extractor`, scratch, { recursive: true });
  expect((await openSafetyCheckerFolder(scratch)).preprocessor.path).toBe(
    join(scratch, 'preprocessor_config.json'),
  );
});

it.each(['vision_model.vision_model.', 'vision_model.'])(
  'brings names with %s to one form, without the index buffer',
  async (prefix) => {
    const names = [`${prefix}encoder.w`, `${prefix}embeddings.position_ids`, 'visual_projection.weight'];
    const tensors = names.map(
      (name) => ({ name, dtype: 'F32', shape: [0], data: new Float32Array(0) }) as const,
    );
    await writeSafetensors(join(scratch, 'model.safetensors'), tensors);
    await writeJson(join(scratch, 'config.json'), {});
    await writeJson(join(scratch, 'preprocessor_config.json'), {});
    const { weights } = await openSafetyCheckerFolder(scratch);
    expect([...weights.tensors.keys()].sort()).toEqual([
      'vision_model.encoder.w',
      'visual_projection.weight',
    ]);
  },
);

it('says where the config of the preprocessing is missing', async () => {
  await mkdir(join(scratch, 'model'));
  await cp(`${files}/safety_checker`, join(scratch, 'model/safety_checker'), { recursive: true });
  const opening = openSafetyCheckerFolder(join(scratch, 'model'));
  await expect(opening).rejects.toThrow(CheckpointError);
  await expect(opening).rejects.toThrow('has no preprocessor_config.json');
  await expect(opening).rejects.toThrow(join(scratch, 'model', 'feature_extractor'));
});

it('names the file that is missing', async () => {
  await cp(files, scratch, { recursive: true });
  await rename(join(scratch, 'safety_checker/config.json'), join(scratch, 'safety_checker/other.json'));
  await expect(openSafetyCheckerFolder(scratch)).rejects.toThrow(
    /safety_checker.config\.json does not exist/,
  );
  await expect(openSafetyCheckerFolder(join(scratch, 'nothing'))).rejects.toThrow(CheckpointError);
});
