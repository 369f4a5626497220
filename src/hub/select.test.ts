import { describe, expect, test } from 'vitest';
import { HubError } from '../errors.ts';
import type { RepoFile } from './repo.ts';
import { keyFileOf, preferredTo, selectFiles, type Wanted } from './select.ts';

function repoOf(...paths: string[]): RepoFile[] {
  return paths.map((path) => ({ path, size: 1, checksum: { algorithm: 'git-sha1', digest: '0' } }));
}

/** Names as in CompVis/stable-diffusion-v1-4. */
const stableDiffusion = repoOf(
  '.gitattributes',
  'README.md',
  'feature_extractor/preprocessor_config.json',
  'model_index.json',
  'safety_checker/config.json',
  'safety_checker/flax_model.msgpack',
  'safety_checker/model.fp16.safetensors',
  'safety_checker/model.safetensors',
  'safety_checker/pytorch_model.bin',
  'scheduler/scheduler_config.json',
  'sd-v1-4.ckpt',
  'text_encoder/config.json',
  'text_encoder/model.fp16.safetensors',
  'text_encoder/model.safetensors',
  'text_encoder/pytorch_model.bin',
  'text_encoder/pytorch_model.fp16.bin',
  'tokenizer/merges.txt',
  'tokenizer/special_tokens_map.json',
  'tokenizer/tokenizer_config.json',
  'tokenizer/vocab.json',
  'unet/config.json',
  'unet/diffusion_flax_model.msgpack',
  'unet/diffusion_pytorch_model.bin',
  'unet/diffusion_pytorch_model.fp16.safetensors',
  'unet/diffusion_pytorch_model.non_ema.safetensors',
  'unet/diffusion_pytorch_model.safetensors',
  'vae/config.json',
  'vae/diffusion_pytorch_model.bin',
);

const index = {
  _class_name: 'StableDiffusionPipeline',
  ...Object.fromEntries(
    ['scheduler', 'tokenizer', 'text_encoder', 'unet', 'vae', 'safety_checker'].map((name) => [
      name,
      ['x', 'Y'],
    ]),
  ),
};

function pathsOf(files: readonly RepoFile[], config: Record<string, unknown>, wanted: Wanted = {}): string[] {
  return selectFiles('a/b', files, keyFileOf('a/b', files), config, wanted).map(({ path }) => path);
}

function failure(work: () => unknown): HubError {
  try {
    work();
  } catch (error) {
    if (error instanceof HubError) return error;
    throw error;
  }
  throw new Error('nothing failed');
}

describe('of a Stable Diffusion', () => {
  test('come configs, the tokenizer and one file of weights for each part, the index last', () => {
    expect(pathsOf(stableDiffusion, index)).toEqual([
      'scheduler/scheduler_config.json',
      'tokenizer/tokenizer_config.json',
      'tokenizer/special_tokens_map.json',
      'tokenizer/vocab.json',
      'tokenizer/merges.txt',
      'text_encoder/config.json',
      'text_encoder/model.safetensors',
      'vae/config.json',
      'vae/diffusion_pytorch_model.bin',
      'unet/config.json',
      'unet/diffusion_pytorch_model.safetensors',
      'model_index.json',
    ]);
  });

  test('comes half precision where it is wanted and there is any', () => {
    const paths = pathsOf(stableDiffusion, index, { fp16: true });
    expect(paths.filter((path) => /\.(safetensors|bin)$/.test(path))).toEqual([
      'text_encoder/model.fp16.safetensors',
      'vae/diffusion_pytorch_model.bin',
      'unet/diffusion_pytorch_model.fp16.safetensors',
    ]);
  });

  test('comes the safety checker when it is asked for, and there is one', () => {
    const paths = pathsOf(stableDiffusion, index, { safetyChecker: true });
    expect(paths).toContain('safety_checker/model.safetensors');
    expect(paths).toContain('feature_extractor/preprocessor_config.json');
    const without = { ...index, safety_checker: [null, null] };
    expect(failure(() => pathsOf(stableDiffusion, without, { safetyChecker: true })).reason).toBe('no-file');
  });

  test('comes nothing when it is one of another architecture', () => {
    const sdxl = { ...index, _class_name: 'StableDiffusionXLPipeline', text_encoder_2: ['x', 'Y'] };
    expect(failure(() => pathsOf(stableDiffusion, sdxl)).problem).toContain('text_encoder_2');
    const sd3 = { ...index, unet: undefined, transformer: ['x', 'Y'] };
    expect(failure(() => pathsOf(stableDiffusion, sd3)).reason).toBe('unknown-model');
  });

  test('comes nothing when a part has weights for other frameworks only', () => {
    const flax = stableDiffusion.filter(({ path }) => !/^unet\/.*(bin|safetensors)$/.test(path));
    expect(failure(() => pathsOf(flax, index)).problem).toContain('in unet');
  });
});

describe('of a text encoder', () => {
  const files = repoOf(
    'config.json',
    'pytorch_model.bin',
    'tf_model.h5',
    'vocab.txt',
    'tokenizer.json',
    'onnx/model.onnx',
  );

  test('come config, tokenizer and weights, of RoBERTa and of a whole CLIP', () => {
    for (const modelType of ['roberta', 'clip', 'clip_text_model']) {
      const paths = pathsOf(files, { model_type: modelType });
      expect(paths).toEqual(['vocab.txt', 'tokenizer.json', 'pytorch_model.bin', 'config.json']);
    }
  });

  test('comes nothing when we do not know it', () => {
    expect(failure(() => pathsOf(files, { model_type: 'llama' })).reason).toBe('unknown-model');
  });

  test('come all shards of weights, or nothing where one is missing', () => {
    const shard = (i: number) => `model-0000${i}-of-00003.safetensors`;
    const all = ['config.json', 'model.safetensors.index.json', shard(1), shard(2), shard(3)];
    const paths = pathsOf(repoOf(...all, 'model-extra.safetensors'), { model_type: 'roberta' });
    expect(paths).toEqual([shard(1), shard(2), shard(3), 'model.safetensors.index.json', 'config.json']);
    const torn = repoOf(...all.filter((path) => path !== shard(2)));
    expect(failure(() => pathsOf(torn, { model_type: 'roberta' })).problem).toContain('shards');
  });
});

test('a repository with checkpoints in one file only says how to ask for one', () => {
  const files = repoOf('README.md', 'dream.safetensors', 'dream.ckpt');
  expect(failure(() => keyFileOf('a/b', files)).remedy).toContain('--file: dream.safetensors, dream.ckpt');
});

test('weights that are read before others are known by their order', () => {
  expect(preferredTo('unet/diffusion_pytorch_model.fp16.safetensors')).toContain(
    'unet/diffusion_pytorch_model.safetensors',
  );
  expect(preferredTo('config.json')).toEqual([]);
});
