import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CheckpointError } from '../errors.ts';
import { openSafetensors } from './safetensors.ts';
import { readTensor, tensorNamed, type Weights } from './tensorEntry.ts';
import { byte, memoBomb, sizes, stateDict, tensor, text, tuple } from './testing/pickles.ts';
import { type ZipFile, zip } from './testing/zipArchive.ts';
import { openTorchFile } from './torchFile.ts';

const scratch = await mkdtemp(join(tmpdir(), 'ksd-torch-'));
afterAll(() => rm(scratch, { recursive: true }));
const path = join(scratch, 'pytorch_model.bin');
const golden = 'fixtures/golden/text_encoders';

const sixFloats = Buffer.from(Float32Array.of(0, 1, 2, 3, 4, 5).buffer);

async function written(
  pickle: Buffer,
  data = sixFloats,
  more: ZipFile[] = [],
  wide = false,
): Promise<string> {
  const files = [
    { name: 'archive/data.pkl', content: pickle },
    { name: 'archive/data/0', content: data },
    ...more,
  ];
  await writeFile(path, zip(files, wide));
  return path;
}

async function expectSameTensors(actual: Weights, expected: Weights): Promise<void> {
  expect([...actual.tensors.keys()].sort()).toEqual([...expected.tensors.keys()].sort());
  for (const entry of expected.tensors.values()) {
    const other = tensorNamed(actual, entry.name);
    expect([other.dtype, other.shape]).toEqual([entry.dtype, entry.shape]);
    expect(await readTensor(other)).toEqual(await readTensor(entry));
  }
}

describe('files that PyTorch wrote', () => {
  it.each(['clip_quick_gelu_position_ids', 'roberta'])(
    '%s holds what its safetensors form holds',
    async (name) => {
      await expectSameTensors(
        await openTorchFile(join(golden, name, 'pytorch_model.bin')),
        await openSafetensors(join(golden, name, 'model.safetensors')),
      );
    },
  );

  it('both layouts hold the same tensors, two of them in one storage', async () => {
    const folder = join(golden, 'roberta_mlm_bin');
    const zipped = await openTorchFile(join(folder, 'pytorch_model.bin'));
    const pickled = await openTorchFile(join(folder, 'pytorch_model_legacy_pickle.bin'));
    await expectSameTensors(pickled, zipped);
    for (const weights of [zipped, pickled]) {
      const words = tensorNamed(weights, 'roberta.embeddings.word_embeddings.weight');
      expect(tensorNamed(weights, 'lm_head.decoder.weight').offset).toBe(words.offset);
    }
  });

  it.each(['pytorch_model.bin', 'pytorch_model_legacy_pickle.bin'])(
    '%s is refused when truncated',
    async (name) => {
      const bytes = await readFile(join(golden, 'roberta_mlm_bin', name));
      for (
        let size = bytes.length - 1;
        size >= 0;
        size -= size > bytes.length - 100 || size < 100 ? 1 : 499
      ) {
        await writeFile(path, bytes.subarray(0, size));
        await expect(openTorchFile(path)).rejects.toThrow(CheckpointError);
      }
    },
  );
});

describe('archives made by hand', () => {
  it.each([false, true])('views of one storage point into it (zip64: %s)', async (wide) => {
    const pickle = stateDict({
      all: tensor({ length: 6, offset: 0, shape: [2, 1, 3], strides: [3, 77, 1] }),
      row: tensor({ length: 6, offset: 3, shape: [3], strides: [1] }),
      scalar: tensor({ length: 6, offset: 5, shape: [], strides: [] }),
      empty: tensor({ length: 6, offset: 6, shape: [0, 3], strides: [3, 1] }),
    });
    const weights = await openTorchFile(await written(pickle, sixFloats, [], wide));
    const read = (name: string) => readTensor(tensorNamed(weights, name));
    expect(await read('all')).toEqual(Float32Array.of(0, 1, 2, 3, 4, 5));
    expect(await read('row')).toEqual(Float32Array.of(3, 4, 5));
    expect(await read('scalar')).toEqual(Float32Array.of(5));
    expect(await read('empty')).toEqual(new Float32Array(0));
  });

  it('knows the other storage types', async () => {
    const view = { length: 6, offset: 0, shape: [6], strides: [1] };
    const pickle = stateDict({ half: tensor({ ...view, type: 'HalfStorage' }) });
    const weights = await openTorchFile(await written(pickle, Buffer.alloc(12)));
    expect(tensorNamed(weights, 'half')).toMatchObject({ dtype: 'F16', byteLength: 12 });
  });

  it('takes parameters, and dictionaries made from pairs', async () => {
    const parameter = `ctorch._utils\n_rebuild_parameter\n${tuple(
      tensor({ length: 6, offset: 0, shape: [6], strides: [1] }),
      '\x88',
      'N',
    )}R`;
    const pairs = `](${tuple(text('w'), parameter)}e`;
    const pickle = Buffer.from(`\x80\x02ccollections\nOrderedDict\n${tuple(pairs)}R.`, 'latin1');
    expect((await openTorchFile(await written(pickle))).tensors.get('w')?.shape).toEqual([6]);
  });

  it('refuses a pickle that would run a command, and names what it asks for', async () => {
    await written(Buffer.from(`\x80\x02cposix\nsystem\n${tuple(text('touch owned'))}R.`, 'latin1'));
    await expect(openTorchFile(path)).rejects.toThrow(`${path} asks for the Python global posix.system`);
  });

  it('refuses a tensor that is not contiguous, and says how it lies', async () => {
    await written(stateDict({ turned: tensor({ length: 6, offset: 0, shape: [3, 2], strides: [1, 3] }) }));
    await expect(openTorchFile(path)).rejects.toThrow('Tensor turned of');
    await expect(openTorchFile(path)).rejects.toThrow('shape [3, 2], strides [1, 3]');
  });

  const whole = { length: 6, offset: 0, shape: [6], strides: [1] };
  it.each<[string, Record<string, string>, string]>([
    ['a tensor beyond its storage', { w: tensor({ ...whole, offset: 1 }) }, 'tensor w exceeds its storage'],
    [
      'a storage of another length',
      { w: tensor({ ...whole, length: 7 }) },
      'storage of tensor w has 24 bytes',
    ],
    ['a dictionary without any tensor', { epoch: byte(3), best: 'N' }, 'holds no tensor, only epoch, best'],
    ['a storage of unknown type', { w: tensor({ ...whole, type: 'QInt8Storage' }) }, 'torch.QInt8Storage'],
    [
      'a tensor built from numbers',
      { w: `ctorch._utils\n_rebuild_tensor_v2\n${sizes([1, 2])}R` },
      'not described',
    ],
    ['a storage that is a number', { w: `${byte(1)}Q` }, 'a storage of it is not described'],
  ])('refuses %s', async (_, tensors, message) => {
    await written(stateDict(tensors));
    await expect(openTorchFile(path)).rejects.toThrow(CheckpointError);
    await expect(openTorchFile(path)).rejects.toThrow(message);
  });

  it('leaves out what is no tensor', async () => {
    const weights = await openTorchFile(
      await written(stateDict({ epoch: byte(3), w: tensor(whole), best: 'N' })),
    );
    expect([...weights.tensors.keys()]).toEqual(['w']);
  });

  it('takes the tensors of a nested state_dict, and none from beside it', async () => {
    const nested = `}(${text('w')}${tensor(whole)}u`;
    const beside = tensor({ length: 6, offset: 0, shape: [3, 2], strides: [1, 3] });
    const weights = await openTorchFile(await written(stateDict({ beside, state_dict: nested })));
    expect([...weights.tensors.keys()]).toEqual(['w']);
  });

  it('refuses a tensor without a name', async () => {
    await written(Buffer.from(`\x80\x02}(${byte(1)}${tensor(whole)}u.`, 'latin1'));
    await expect(openTorchFile(path)).rejects.toThrow('a tensor of it stands under what is no name');
  });

  it('does not spell out what stands in the place of a name, however large: a list of lists of lists', async () => {
    // Forty lists, each twice in the next, are 2^40 numbers when spelt out.
    const laughs = memoBomb(40);
    await written(Buffer.from(`\x80\x02}(${laughs}K\x01u.`, 'latin1'));
    await expect(openTorchFile(path)).rejects.toThrow('holds no tensor, only other things');
  });

  it('keeps the shape that a tensor was made with when its list changes after', async () => {
    // The list that is shape and strides at once is empty when the tensor is made, and gets a text after.
    const id = tuple(text('storage'), 'ctorch\nFloatStorage\n', text('0'), text('cpu'), byte(6));
    const made = `ctorch._utils\n_rebuild_tensor_v2\n${tuple(`${id}Q`, byte(0), ']q\x00', 'h\x00')}R`;
    await written(
      Buffer.from(`\x80\x02}(${text('w')}${made}u0h\x00${text('x')}a0}(${text('v')}${made}u.`, 'latin1'),
    );
    expect((await openTorchFile(path)).tensors.get('v')?.shape).toEqual([]);
    const grown = `}(${text('w')}${made}${text('z')}h\x00${text('x')}au.`;
    await written(Buffer.from(`\x80\x02${grown}`, 'latin1'));
    expect((await openTorchFile(path)).tensors.get('w')?.shape).toEqual([]);
  });

  it('refuses one list of pairs that is made a dictionary again and again', async () => {
    const pairs = `](${`${byte(1)}${byte(2)}\x86`}q\x01${'h\x01'.repeat(9999)}eq\x00`;
    const again = 'ccollections\nOrderedDict\nh\x00\x85R0'.repeat(9999);
    await written(Buffer.from(`\x80\x02${pairs}${again}N.`, 'latin1'));
    await expect(openTorchFile(path)).rejects.toThrow('its dictionaries are made from over');
  });

  it('refuses a pickle or a byte order of absurd length before it reads them', async () => {
    const order = { name: 'archive/byteorder', content: Buffer.from('little'.padEnd(99)) };
    await expect(
      openTorchFile(await written(stateDict({ w: tensor(whole) }), sixFloats, [order])),
    ).rejects.toThrow('archive/byteorder has 99 bytes');
  });

  it('refuses an archive that names a file twice', async () => {
    const again = { name: 'archive/data/0', content: sixFloats };
    await written(stateDict({ w: tensor(whole) }), sixFloats, [again]);
    await expect(openTorchFile(path)).rejects.toThrow('the archive names archive/data/0 twice');
  });

  it('refuses what is no state dict, a foreign byte order, and missing or compressed parts', async () => {
    const state = stateDict({ w: tensor(whole) });
    const order = { name: 'archive/byteorder', content: Buffer.from('big') };
    await expect(openTorchFile(await written(state, sixFloats, [order]))).rejects.toThrow('big-endian');
    await expect(openTorchFile(await written(Buffer.from('\x80\x02K\x01.', 'latin1')))).rejects.toThrow(
      'does not hold a dictionary',
    );
    const pickle = { name: 'archive/data.pkl', content: state };
    const archives: [ZipFile[], string][] = [
      [[], 'holds no data.pkl'],
      [[{ ...pickle, method: 8 }], 'archive/data.pkl is compressed'],
      [[pickle], 'storage of tensor w is missing or compressed'],
      [[pickle, { name: 'archive/data/0', content: sixFloats, method: 8 }], 'missing or compressed'],
    ];
    for (const [files, message] of archives) {
      await writeFile(path, zip([...files, { name: 'archive/version', content: Buffer.from('3') }]));
      await expect(openTorchFile(path)).rejects.toThrow(message);
    }
  });

  it('refuses every truncation', async () => {
    for (const wide of [false, true]) {
      const bytes = await readFile(await written(stateDict({ w: tensor(whole) }), sixFloats, [], wide));
      for (let size = bytes.length - 1; size >= 0; size--) {
        await writeFile(path, bytes.subarray(0, size));
        await expect(openTorchFile(path)).rejects.toThrow(CheckpointError);
      }
    }
  });

  it('never fails in another way than CheckpointError when a byte of its directory or pickle is wrong', async () => {
    const bytes = await readFile(await written(stateDict({ w: tensor(whole) })));
    for (let i = 2; i < bytes.length; i++) {
      for (const flip of [0xff, 0x80, 0x01]) {
        const broken = Buffer.from(bytes);
        broken.writeUInt8(broken.readUInt8(i) ^ flip, i);
        await writeFile(path, broken);
        await openTorchFile(path).catch((error) => expect(error).toBeInstanceOf(CheckpointError));
      }
    }
  });
});
