import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CheckpointError } from '../errors.ts';
import { readJson, writeJson } from './json.ts';
import { writeSafetensors } from './safetensorsWriter.ts';
import { readFloat32, tensorNamed } from './tensorEntry.ts';
import { openTextEncoder } from './textEncoderFolder.ts';
import { writeTextEncoder } from './textEncoderWriter.ts';

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'ksd-encoder-'));
});
afterEach(() => rm(scratch, { recursive: true }));

const golden = 'fixtures/golden/text_encoders';

/** The names under which a text encoder of this type is opened that was saved under `names`. */
async function opened(modelType: string, ...names: string[]): Promise<string[]> {
  await writeJson(join(scratch, 'config.json'), { model_type: modelType });
  const tensors = names.map(
    (name) => ({ name, dtype: 'F32', shape: [0], data: new Float32Array(0) }) as const,
  );
  await writeSafetensors(join(scratch, 'model.safetensors'), tensors);
  return [...(await openTextEncoder(scratch)).weights.tensors.keys()].sort();
}

describe('openTextEncoder', () => {
  it('opens a CLIP without its index buffer', async () => {
    const { modelType, config, weights } = await openTextEncoder(
      join(golden, 'clip_quick_gelu_position_ids'),
    );
    expect(modelType).toBe('clip_text_model');
    expect(config['hidden_act']).toBe('quick_gelu');
    const plain = await openTextEncoder(join(golden, 'clip_quick_gelu'));
    expect([...weights.tensors.keys()].sort()).toEqual([...plain.weights.tensors.keys()].sort());
    expect([...weights.tensors.keys()].every((name) => name.startsWith('text_model.'))).toBe(true);
  });

  it('opens a masked-LM checkpoint as the bare encoder', async () => {
    const { weights, config } = await openTextEncoder(join(golden, 'roberta_mlm_bin'));
    const bare = await openTextEncoder(join(golden, 'roberta'));
    const depth = Number(config['num_hidden_layers']);
    const belongs = (name: string) =>
      !name.startsWith('pooler.') && Number(/layer\.(\d+)/.exec(name)?.[1] ?? 0) < depth;
    const names = [...bare.weights.tensors.keys()].filter(belongs);
    expect([...weights.tensors.keys()].sort()).toEqual(names.sort());
  });

  it('adds the prefix to a CLIP without it, and leaves the image side out', async () => {
    expect(
      await opened('clip_text_model', 'encoder.w', 'final_layer_norm.bias', 'embeddings.position_ids'),
    ).toEqual(['text_model.encoder.w', 'text_model.final_layer_norm.bias']);
    const whole = [
      'text_model.encoder.w',
      'vision_model.encoder.w',
      'visual_projection.weight',
      'text_projection.weight',
      'logit_scale',
    ];
    expect(await opened('clip', ...whole)).toEqual(['text_model.encoder.w']);
  });

  it('keeps tensors of a student that no library knows', async () => {
    expect(await opened('roberta', 'roberta.encoder.w', 'position_bias')).toEqual([
      'encoder.w',
      'position_bias',
    ]);
    expect(await opened('bert', 'bert.encoder.w', 'cls.predictions.bias')).toEqual(['encoder.w']);
  });

  it('leaves the heads of every relative of BERT out', async () => {
    const heads = {
      bert: ['bert.pooler.dense.weight', 'cls.seq_relationship.weight'],
      'xlm-roberta': ['roberta.pooler.dense.weight', 'lm_head.dense.weight', 'classifier.out_proj.bias'],
      electra: [
        'electra.pooler.dense.weight',
        'discriminator_predictions.dense.weight',
        'generator_lm_head.bias',
      ],
      distilbert: ['distilbert.pooler.dense.weight', 'vocab_layer_norm.weight', 'pre_classifier.bias'],
    };
    for (const [modelType, names] of Object.entries(heads)) {
      expect(await opened(modelType, ...names)).toEqual(['pooler.dense.weight']);
    }
  });

  it('gives the norms of a checkpoint from TensorFlow their present names', async () => {
    const old = ['bert.embeddings.LayerNorm.gamma', 'bert.embeddings.LayerNorm.beta'];
    expect(await opened('bert', ...old)).toEqual([
      'embeddings.LayerNorm.bias',
      'embeddings.LayerNorm.weight',
    ]);
  });

  it('opens a whole CLIP as its text half, old ways of writing its config included', async () => {
    const weights = [{ name: 'text_model.w', dtype: 'F32', shape: [0], data: new Float32Array(0) } as const];
    await writeSafetensors(join(scratch, 'model.safetensors'), weights);
    const parts = {
      text_config: { hidden_size: 64, vocab_size: 9, model_type: 'clip_text_model' },
      text_config_dict: { hidden_size: 32 },
      vision_config: { hidden_size: 1 },
    };
    await writeJson(join(scratch, 'config.json'), { model_type: 'clip', projection_dim: 7, ...parts });
    const { modelType, config, configSource } = await openTextEncoder(scratch);
    expect(modelType).toBe('clip_text_model');
    expect(config).toMatchObject({ model_type: 'clip_text_model', hidden_size: 32, vocab_size: 9 });
    expect(config).not.toHaveProperty('vision_config');
    expect(configSource).toBe(`${join(scratch, 'config.json')}, text_config`);
  });

  it('refuses two names of one tensor', async () => {
    await expect(opened('roberta', 'encoder.w', 'roberta.encoder.w')).rejects.toThrow(
      'two names of encoder.w',
    );
  });

  it('says what is missing', async () => {
    await expect(openTextEncoder(scratch)).rejects.toThrow(`${join(scratch, 'config.json')} does not exist`);
    await writeJson(join(scratch, 'config.json'), {});
    await expect(openTextEncoder(scratch)).rejects.toThrow('has no model_type');
    await writeJson(join(scratch, 'config.json'), { model_type: 'roberta' });
    await expect(openTextEncoder(scratch)).rejects.toThrow(`${scratch} holds no weights file`);
  });
});

describe('writeTextEncoder', () => {
  const config = { model_type: 'roberta', hidden_size: 2 };
  const tensors = [{ name: 'encoder.w', shape: [2, 2], data: Float32Array.of(1, -2, 0.1, 4) }];

  it('writes a folder that opens again, and replaces it whole', async () => {
    const folder = join(scratch, 'student');
    const vocabulary = join(scratch, 'vocab.txt');
    await writeFile(vocabulary, '[CLS]\n[PAD]\n');
    await writeTextEncoder(folder, { config, tensors, dtype: 'F32', tokenizerFiles: [vocabulary] });
    expect(await readFile(join(folder, 'tokenizer', 'vocab.txt'), 'utf8')).toBe('[CLS]\n[PAD]\n');
    const first = await openTextEncoder(folder);
    expect(first.weights.metadata).toEqual({ format: 'pt' });
    expect(await readFloat32(tensorNamed(first.weights, 'encoder.w'))).toEqual(tensors[0]!.data);

    await writeTextEncoder(folder, { config, tensors, dtype: 'F16' });
    expect((await readdir(folder)).sort()).toEqual(['config.json', 'model.safetensors']);
    expect((await readdir(scratch)).sort()).toEqual(['student', 'vocab.txt']);
    const second = await openTextEncoder(folder);
    expect(tensorNamed(second.weights, 'encoder.w').dtype).toBe('F16');
    expect(await readFloat32(tensorNamed(second.weights, 'encoder.w'))).toEqual(
      Float32Array.of(1, -2, 0.0999755859375, 4),
    );
    expect(await readJson(join(folder, 'config.json'))).toEqual({ ...config, torch_dtype: 'float16' });
  });

  it('does not delete what it did not write', async () => {
    await writeFile(join(scratch, 'thesis.tex'), '');
    const writing = writeTextEncoder(scratch, { config, tensors, dtype: 'F32' });
    await expect(writing).rejects.toThrow(`${scratch} holds thesis.tex`);
    expect(await readdir(scratch)).toEqual(['thesis.tex']);
  });

  it('leaves an earlier folder alone when a file is missing', async () => {
    const folder = join(scratch, 'student');
    await writeTextEncoder(folder, { config, tensors, dtype: 'F32' });
    const encoder = { config, tensors: [], dtype: 'F32', tokenizerFiles: [join(scratch, 'none')] } as const;
    await expect(writeTextEncoder(folder, encoder)).rejects.toThrow(CheckpointError);
    expect((await openTextEncoder(folder)).weights.tensors.size).toBe(1);
    expect(await readdir(scratch)).toEqual(['student']);
  });
});
