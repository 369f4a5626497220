/**
 * Damaged and hostile files as fuzz.test.ts makes them, through the functions that open a path: whatever fits can be
 * read, and whatever does not is refused by name.
 */
import { cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { openDiffusersFolder } from './diffusersFolder.ts';
import { writeSafetensors } from './safetensorsWriter.ts';
import { readTensor } from './tensorEntry.ts';
import { safetensorsMutant, safetensorsSamples, torchMutant, torchSamples } from './testing/fuzzCorpus.ts';
import { jsonMutant } from './testing/jsonMutant.ts';
import { chance, mutate, pick } from './testing/mutate.ts';
import { checkWeights, expectSound, type Run } from './testing/verdicts.ts';
import { openWeights } from './weights.ts';

const scratch = await mkdtemp(join(await realpath(tmpdir()), 'ksd-fuzz-'));
afterAll(() => rm(scratch, { recursive: true }));

const safetensors = await safetensorsSamples();
const torch = await torchSamples();

describe('on the disk', () => {
  it('mutants whose entries fit can be read, whatever their name', async () => {
    const run: Run<readonly [string, Buffer]> = {
      name: 'disk',
      count: 800,
      file: join(scratch, 'weights.'),
      mutant: (random) => [
        join(scratch, `weights.${pick(random, ['safetensors', 'bin', 'ckpt', 'data'])}`),
        chance(random, 2) ? safetensorsMutant(random, safetensors) : torchMutant(random, torch),
      ],
      read: async ([path, bytes]) => {
        await writeFile(path, bytes);
        const weights = await openWeights(path);
        checkWeights(weights, bytes.length, path);
        for (const entry of weights.tensors.values()) await readTensor(entry);
      },
    };
    await expectSound(
      run,
      60,
      `
      neither a safetensors file nor | cannot be read as a PyTorch state dict`,
    );
  });

  it('the index of shards', async () => {
    const shard = (name: string) => ({ name, dtype: 'F32', shape: [1], data: Float32Array.of(1) }) as const;
    await writeSafetensors(join(scratch, 'one.safetensors'), [shard('a'), shard('b')]);
    await writeSafetensors(join(scratch, 'two.safetensors'), [shard('c')]);
    await writeFile(join(scratch, 'broken.safetensors'), 'what is this');
    const shards = [
      'one.safetensors',
      'two.safetensors',
      'three.safetensors',
      'broken.safetensors',
      'folder',
      '..',
    ];
    await mkdir(join(scratch, 'folder'));
    const weight_map = { a: 'one.safetensors', b: 'one.safetensors', c: 'two.safetensors' };
    const path = join(scratch, 'model.safetensors.index.json');
    const run: Run<string> = {
      name: 'index',
      count: 1200,
      file: scratch,
      mutant: (random) => {
        const changed = { ...weight_map, [pick(random, ['a', 'c', 'z'])]: pick(random, shards) };
        const tree = { metadata: { total_size: 12 }, weight_map: chance(random, 3) ? changed : weight_map };
        return jsonMutant(random, tree);
      },
      read: async (text) => {
        await writeFile(path, text);
        for (const { file, offset, byteLength } of (await openWeights(path)).tensors.values()) {
          if (offset + byteLength > (await readFile(file)).length) throw new Error(`${file} is too short`);
        }
      },
    };
    await expectSound(
      run,
      300,
      `
      is not valid JSON | does not hold a JSON object | has no weight_map | as the file of |
      does not exist | says that one.safetensors holds | is not a file | its header claims | nested too deeply | gives "" | gives ".."`,
    );
  });

  it('the configs of a diffusers folder', async () => {
    const folder = join(scratch, 'sd');
    const golden = 'fixtures/golden/pipeline/sd_tiny';
    const heavy = /\.safetensors$|vocab\.json$|merges\.txt$/;
    await cp(golden, folder, { recursive: true, filter: (source) => !heavy.test(source) });
    for (const weights of [
      'text_encoder/model',
      'unet/diffusion_pytorch_model',
      'vae/diffusion_pytorch_model',
    ]) {
      const tensor = { name: 'a', dtype: 'F32', shape: [1], data: Float32Array.of(1) } as const;
      await writeSafetensors(join(folder, `${weights}.safetensors`), [tensor]);
    }
    const names = ['model_index.json', 'text_encoder/config.json', 'unet/config.json', 'vae/config.json'];
    names.push('scheduler/scheduler_config.json', 'tokenizer/tokenizer_config.json');
    const texts = new Map<string, string>();
    for (const name of names) texts.set(name, await readFile(join(folder, name), 'utf8'));
    const run: Run<readonly [string, string]> = {
      name: 'folder',
      count: 800,
      file: folder,
      mutant: (random) => {
        const name = chance(random, 2) ? 'model_index.json' : pick(random, names);
        const text = texts.get(name) as string;
        const bytes = () => mutate(random, Buffer.from(text), Buffer.from(text), []).toString();
        return [name, chance(random, 5) ? bytes() : jsonMutant(random, JSON.parse(text))];
      },
      read: async ([name, text]) => {
        await writeFile(join(folder, name), text);
        try {
          await openDiffusersFolder(folder);
        } finally {
          await writeFile(join(folder, name), texts.get(name) as string);
        }
      },
    };
    await expectSound(
      run,
      300,
      `
      is not valid JSON | does not hold a JSON object | does not name it |
      instead of a library and a class | has null for it | has no model_type | nested too deeply |
      has no unet | has no vae | has no scheduler`,
    );
  });
});
