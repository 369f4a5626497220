import { cp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { tinyConfigs, writeRandomEncoder } from '../encoders/testing.ts';
import { decodePng } from '../pictures/png.ts';
import { ksd, requireBuild, root, temporaryFolder } from './testing.ts';

beforeAll(requireBuild);

const model = join(root, 'models', 'emoji-sd', 'model');

async function json(...path: string[]) {
  return JSON.parse(await readFile(join(...path), 'utf8'));
}

async function picture(folder: string, ...args: string[]) {
  const finished = await ksd(folder, ['generate', '파란색 배경의 빨간 사과', '--steps', '2', ...args]);
  expect(finished.status, finished.stderr).toBe(0);
  return decodePng(await readFile(join(folder, args.at(-1)!))).image.data;
}

describe('ksd export --to diffusers', () => {
  test.each(['roberta', 'clip'])('%s: the pipeline draws the same picture as --student', async (student) => {
    const folder = await temporaryFolder();
    const { status, stderr } = await ksd(folder, ['export', student, '--to', 'diffusers', '--out', 'sd']);
    expect(status, stderr).toBe(0);
    const drawn = await picture(
      folder,
      '--model',
      'sd',
      '--student',
      'none',
      '--guidance',
      '5',
      '--out',
      'a.png',
    );
    expect(drawn).toEqual(await picture(folder, '--student', student, '--guidance', '5', '--out', 'b.png'));
  });

  test('names the classes of what lies in the folder, and cuts prompts to 77 tokens', async () => {
    const folder = await temporaryFolder();
    await ksd(folder, ['export', 'roberta', '--to', 'diffusers', '--out', 'sd']);
    const index = await json(folder, 'sd', 'model_index.json');
    expect(index).toMatchObject({
      _class_name: 'StableDiffusionPipeline',
      text_encoder: ['transformers', 'RobertaModel'],
      tokenizer: ['transformers', 'BertTokenizer'],
      unet: ['diffusers', 'UNet2DConditionModel'],
      safety_checker: [null, null],
    });
    const tokenizer = await json(folder, 'sd', 'tokenizer', 'tokenizer_config.json');
    expect(tokenizer).toMatchObject({ model_max_length: 77, tokenizer_class: 'BertTokenizer' });
    expect((await json(folder, 'sd', 'text_encoder', 'config.json')).architectures).toEqual(['RobertaModel']);
    expect((await readdir(join(folder, 'sd'))).sort()).toEqual([
      'model_index.json',
      'scheduler',
      'text_encoder',
      'tokenizer',
      'unet',
      'vae',
    ]);
  });

  test('--link gives the files of the model a second name', async () => {
    const folder = await temporaryFolder();
    await cp(model, join(folder, 'model'), { recursive: true });
    const args = ['export', 'roberta', '--to', 'diffusers', '--model', 'model', '--link', '--out', 'sd'];
    expect((await ksd(folder, args)).status).toBe(0);
    const weights = join('unet', 'diffusion_pytorch_model.safetensors');
    const inode = async (of: string) => (await stat(join(folder, of, weights))).ino;
    expect(await inode('sd')).toBe(await inode('model'));
    const encoder = await stat(join(folder, 'sd', 'text_encoder', 'model.safetensors'));
    expect(encoder.nlink).toBe(1);
  });

  test.each([
    ['a model that is one file', ['--model', 'one.ckpt'], 'one.ckpt'],
    ['the model itself as the place to write', ['--model', model, '--out', model], 'lies in the other'],
    ['a folder with something else in it', ['--out', 'full'], 'thesis.tex'],
    ['a student of another width', ['--out', 'sd'], 'cross_attention_dim 192'],
  ])('refuses %s', async (what, args, message) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'one.ckpt'), 'x');
    await cp(join(root, 'docs', 'architecture.md'), join(folder, 'full', 'thesis.tex'));
    await writeRandomEncoder(join(folder, 'narrow'), tinyConfigs['BERT']!);
    const student = what.includes('width') ? 'narrow' : 'roberta';
    const preset = args.includes('--out') ? [] : ['--out', 'sd'];
    const { status, stderr } = await ksd(folder, [
      'export',
      student,
      '--to',
      'diffusers',
      ...preset,
      ...args,
    ]);
    expect(status).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });
});

/** Of transformers; our own kinds have none. */
const classes: Readonly<Record<string, string>> = {
  CLIP: 'CLIPTextModel',
  RoBERTa: 'RobertaModel',
  'XLM-RoBERTa': 'XLMRobertaModel',
  BERT: 'BertModel',
  ELECTRA: 'ElectraModel',
  DistilBERT: 'DistilBertModel',
};

describe('ksd export --to transformers', () => {
  test('puts config, weights and tokenizer where AutoModel and AutoTokenizer look, every size written out', async () => {
    const folder = await temporaryFolder();
    for (const [name, config] of Object.entries(tinyConfigs)) {
      await writeRandomEncoder(join(folder, name), config);
      const { status, stderr } = await ksd(folder, [
        'export',
        name,
        '--to',
        'transformers',
        '--out',
        `${name}-out`,
      ]);
      if (classes[name] === undefined) {
        expect(stderr).toContain('which no text encoder of transformers has');
        continue;
      }
      expect(status, stderr).toBe(0);
      const written = await json(folder, `${name}-out`, 'config.json');
      expect(written).toMatchObject({ ...config, architectures: [classes[name]], torch_dtype: 'float16' });
      if (name === 'CLIP') expect(written.eos_token_id).toBe(2);
      if (['BERT', 'ELECTRA'].includes(name)) expect(written.type_vocab_size).toBe(2);
      const files = await readdir(join(folder, `${name}-out`));
      expect(files).toEqual(
        expect.arrayContaining(['model.safetensors', 'vocab.txt', 'tokenizer_config.json']),
      );
      const tokenizer = await json(folder, `${name}-out`, 'tokenizer_config.json');
      expect(tokenizer.tokenizer_class).toBe('BertTokenizer');
    }
  });

  test('the folder opens here too, and draws the same picture', async () => {
    const folder = await temporaryFolder();
    await ksd(folder, ['export', 'roberta', '--to', 'transformers', '--out', 'encoder']);
    expect(await picture(folder, '--student', 'encoder', '--out', 'a.png')).toEqual(
      await picture(folder, '--student', 'roberta', '--out', 'b.png'),
    );
  });

  test('refuses a student with a projection, which transformers does not know, but writes it for ksd', async () => {
    const folder = await temporaryFolder();
    await writeRandomEncoder(join(folder, 'wide'), { ...tinyConfigs['BERT'], project_dim: 192 });
    const to = (...args: string[]) => ksd(folder, ['export', 'wide', '--out', 'x', ...args]);
    for (const program of ['transformers', 'diffusers']) {
      expect((await to('--to', program)).stderr).toMatch(/\[CONFIG\].*project_dim 192.*without --to/s);
    }
    expect((await to()).status).toBe(0);
    expect(await picture(folder, '--student', 'x', '--out', 'a.png')).toHaveLength(64 * 64 * 3);
  });
});

test.each([[[]], [['--to', 'transformers']], [['--to', 'diffusers']]])(
  'the config of one architecture beside the weights of another is not exported: %j',
  async (to) => {
    const folder = await temporaryFolder();
    const student = join(root, 'models', 'students', 'roberta');
    await cp(student, join(folder, 'mixed'), { recursive: true });
    // What the original project left behind: CLIP's config beside RoBERTa's weights.
    const config = await json(root, 'models', 'students', 'clip', 'config.json');
    await writeFile(join(folder, 'mixed', 'config.json'), JSON.stringify({ ...config, vocab_size: 6000 }));
    const { status, stderr } = await ksd(folder, ['export', 'mixed', '--out', 'x', ...to]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/\[CHECKPOINT\].*holds no tensor text_model/s);
    expect(await readdir(folder)).toEqual(['mixed']);
  },
);

test('--link without a pipeline to link is refused', async () => {
  const { status, stderr } = await ksd(await temporaryFolder(), [
    'export',
    'roberta',
    '--link',
    '--out',
    'x',
  ]);
  expect(status).toBe(1);
  expect(stderr).toContain('--to diffusers');
});
