import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CheckpointError } from '../errors.ts';
import { writeSafetensors } from './safetensorsWriter.ts';
import { byte, stateDict, tensor, text } from './testing/pickles.ts';
import { zip } from './testing/zipArchive.ts';
import { openTextualInversion } from './textualInversionFile.ts';

const folder = await mkdtemp(join(tmpdir(), 'ksd-inversion-'));
afterAll(() => rm(folder, { recursive: true }));

const vectors = Float32Array.of(0, 1, 2, 3, 4, 5);

/** A file as torch.save writes it, with the six numbers above as its only storage. */
async function saved(name: string, pickle: Buffer): Promise<string> {
  const path = join(folder, name);
  const files = [
    { name: 'archive/data.pkl', content: pickle },
    { name: 'archive/data/0', content: Buffer.from(vectors.buffer) },
  ];
  await writeFile(path, zip(files, false));
  return path;
}

async function safetensors(name: string, tensors: Record<string, number[]>, data = vectors): Promise<string> {
  const path = join(folder, name);
  await writeSafetensors(
    path,
    Object.entries(tensors).map(([key, shape]) => ({ name: key, dtype: 'F32' as const, shape, data })),
  );
  return path;
}

const twoByThree = tensor({ length: 6, offset: 0, shape: [2, 3], strides: [3, 1] });
/** As PyTorch pickles a parameter. */
const parameter = `ctorch._utils\n_rebuild_parameter\n(${twoByThree}\x88NtR`;
const facts = `${text('step')}${byte(99)}${text('name')}${text('toy')}`;

describe('an embedding of two vectors', () => {
  it.each<[string, string, Promise<string>, string[]]>([
    [
      'of the web UI',
      'toy.pt',
      saved(
        'toy.pt',
        Buffer.from(
          `\x80\x02}(${text('string_to_token')}}${text('*')}${byte(7)}s${text('string_to_param')}}${text('*')}${twoByThree}s${facts}u.`,
          'latin1',
        ),
      ),
      ['toy'],
    ],
    [
      "of the paper's code, which keeps a ParameterDict",
      'paper.pt',
      saved(
        'paper.pt',
        Buffer.from(
          `\x80\x02}${text('string_to_param')}ctorch.nn.modules.container\nParameterDict\n)\x81}(${text('training')}\x88${text('_parameters')}ccollections\nOrderedDict\n)R${text('*')}${parameter}sub` +
            's.',
          'latin1',
        ),
      ),
      ['paper'],
    ],
    [
      'of diffusers, as .bin',
      'learned_embeds.bin',
      saved('learned_embeds.bin', stateDict({ '<cat-toy>': twoByThree })),
      ['learned_embeds', '<cat-toy>'],
    ],
    [
      'of diffusers, as safetensors',
      'a.safetensors',
      safetensors('a.safetensors', { '<cat-toy>': [2, 3] }),
      ['a', '<cat-toy>'],
    ],
    [
      'under emb_params',
      'b.v2.safetensors',
      safetensors('b.v2.safetensors', { emb_params: [2, 3] }),
      ['b.v2'],
    ],
    [
      'for two encoders, of which the first counts',
      'c.safetensors',
      safetensors('c.safetensors', { clip_g: [6, 1], clip_l: [2, 3] }),
      ['c'],
    ],
  ])('%s', async (_, file, written, names) => {
    const path = await written;
    expect(path.endsWith(file)).toBe(true);
    expect(await openTextualInversion(path)).toEqual({ names, source: path, vectors, count: 2, width: 3 });
  });
});

it('may be one vector without an axis of its own, and have another name', async () => {
  const path = await safetensors('one.safetensors', { '<고양이>': [6] });
  const { names, count, width } = await openTextualInversion(path, '장난감');
  expect([names, count, width]).toEqual([['장난감', '<고양이>'], 1, 6]);
});

it.each<[string, Promise<string>, RegExp]>([
  [
    'several tokens',
    safetensors('several.safetensors', { '<a>': [2, 3], '<b>': [2, 3] }),
    /several.safetensors is no embedding.*2 tensors \(<a>, <b>\)/,
  ],
  [
    'another kind of tensor',
    safetensors('deep.safetensors', { x: [1, 2, 3] }),
    /deep.safetensors has the shape \[1, 2, 3\]/,
  ],
  [
    'too many vectors',
    safetensors('many.safetensors', { x: [76, 1] }, new Float32Array(76)),
    /has the shape \[76, 1\]/,
  ],
  [
    'vectors of nothing',
    safetensors('none.safetensors', { x: [0, 3] }, new Float32Array()),
    /has the shape \[0, 3\]/,
  ],
  [
    'what is no number',
    safetensors('nan.safetensors', { x: [1, 6] }, Float32Array.of(1, 2, Number.NaN, 4, 5, 6)),
    /no finite numbers/,
  ],
  ['no file at all', Promise.resolve(join(folder, 'nothing.pt')), /nothing.pt does not exist/],
])('%s is a clear error', async (_, written, message) => {
  const opening = openTextualInversion(await written);
  await expect(opening).rejects.toThrow(CheckpointError);
  await expect(opening).rejects.toThrow(message);
});
