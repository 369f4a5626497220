import { copyFile, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CheckpointError } from '../errors.ts';
import { writeJson } from './json.ts';
import { writeSafetensors } from './safetensorsWriter.ts';
import { readFloat32, renameWeights, tensorNamed } from './tensorEntry.ts';
import { openWeights, openWeightsIn } from './weights.ts';

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'ksd-weights-'));
});
afterEach(() => rm(scratch, { recursive: true }));

const golden = 'fixtures/golden/text_encoders';

/** A safetensors file of one number under each of `names`. */
async function saved(file: string, ...names: string[]): Promise<string> {
  const path = join(scratch, file);
  const tensors = names.map(
    (name, i) => ({ name, dtype: 'F32', shape: [1], data: Float32Array.of(i) }) as const,
  );
  await writeSafetensors(path, tensors);
  return path;
}

describe('openWeights', () => {
  it('goes by the content of a file, whatever its name', async () => {
    const sources = [
      'roberta/model.safetensors',
      'roberta/pytorch_model.bin',
      'roberta_mlm_bin/pytorch_model_legacy_pickle.bin',
    ];
    for (const source of sources) {
      const path = join(scratch, 'weights.bin');
      await copyFile(join(golden, source), path);
      expect((await openWeights(path)).tensors.size).toBeGreaterThan(40);
    }
  });

  it('follows a symbolic link, as in the cache of the Hugging Face hub, to the file itself', async () => {
    await mkdir(join(scratch, 'blobs'));
    const blob = await saved('blobs/0123abcd', 'w');
    const link = join(scratch, 'model.safetensors');
    await symlink(blob, link);
    const weights = await openWeights(link);
    expect(weights.source).toBe(link);
    expect(tensorNamed(weights, 'w').file).toBe(await realpath(blob));
  });

  it('explains a Git LFS pointer, and what is no weights file at all', async () => {
    const path = join(scratch, 'model.safetensors');
    await writeFile(path, 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n');
    await expect(openWeights(path)).rejects.toThrow('Git LFS pointer');
    await writeFile(join(scratch, 'notes.txt'), 'what to do on Monday');
    await expect(openWeights(join(scratch, 'notes.txt'))).rejects.toThrow('neither a safetensors file nor');
    await expect(openWeights(join(scratch, 'none.bin'))).rejects.toThrow('does not exist');
  });

  it.each(['model.safetensors', 'pytorch_model.bin'])(
    'refuses an empty %s as what its name says',
    async (name) => {
      await writeFile(join(scratch, name), '');
      await expect(openWeights(join(scratch, name))).rejects.toThrow(CheckpointError);
    },
  );
});

describe('shards', () => {
  const index = (weight_map: unknown) =>
    writeJson(join(scratch, 'model.safetensors.index.json'), { weight_map });

  it('are one set of weights', async () => {
    await saved('one.safetensors', 'a', 'b');
    await saved('two.safetensors', 'c');
    await index({ a: 'one.safetensors', b: 'one.safetensors', c: 'two.safetensors' });
    const weights = await openWeightsIn(scratch);
    expect([...weights.tensors.keys()]).toEqual(['a', 'b', 'c']);
    expect(await readFloat32(tensorNamed(weights, 'b'))).toEqual(Float32Array.of(1));
    expect(tensorNamed(weights, 'c').file).toMatch(/two\.safetensors$/);
  });

  it.each<[string, unknown, string]>([
    ['no weight_map', undefined, 'no weight_map'],
    ['a missing shard', { a: 'three.safetensors' }, 'does not exist'],
    ['a tensor that its shard lacks', { z: 'one.safetensors' }, 'one.safetensors holds z'],
    ['a shard in another folder', { a: '../one.safetensors' }, 'as the file of a'],
    ['a shard that is the folder itself', { a: '' }, 'as the file of a'],
    ['a shard that is the folder above', { a: '..' }, 'as the file of a'],
    ['a shard with a control character in its name', { a: 'one\u001b[2J.safetensors' }, 'as the file of a'],
    ['a shard that is an index', { a: 'model.safetensors.index.json' }, 'as the file of a'],
  ])('are refused with %s', async (_, map, message) => {
    await saved('one.safetensors', 'a');
    await index(map);
    await expect(openWeightsIn(scratch)).rejects.toThrow(CheckpointError);
    await expect(openWeightsIn(scratch)).rejects.toThrow(message);
  });
});

describe('a hostile index', () => {
  it('is refused where a shard is nested deeper than the stack', async () => {
    const path = join(scratch, 'model.safetensors.index.json');
    await writeFile(path, `{"weight_map": {"a": ${'['.repeat(1e5)}${']'.repeat(1e5)}}}`);
    await expect(openWeights(path)).rejects.toThrow('gives a value that is nested too deeply to show as');
  });
});

describe('openWeightsIn', () => {
  it('prefers safetensors to .bin, and takes an fp16 variant only where there is nothing else', async () => {
    const found = async () => (await openWeightsIn(scratch)).source;
    await expect(found()).rejects.toThrow(`${scratch} holds no weights file`);
    for (const name of ['model.fp16.safetensors', 'pytorch_model.bin', 'model.safetensors']) {
      await saved(name, 'w');
      expect(await found()).toBe(join(scratch, name));
    }
  });

  it('says that the folder is missing', async () => {
    await expect(openWeightsIn(join(scratch, 'none'))).rejects.toThrow('does not exist');
  });
});

describe('renameWeights', () => {
  it('renames, drops, and refuses two tensors under one name', async () => {
    const weights = await openWeights(await saved('model.safetensors', 'a', 'b'));
    const kept = renameWeights(weights, (name) => (name === 'a' ? 'x' : undefined));
    expect([...kept.tensors.values()].map(({ name }) => name)).toEqual(['x']);
    expect(() => renameWeights(weights, () => 'x')).toThrow('holds both a and b, which are two names of x');
  });
});
