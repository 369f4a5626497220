import { cp, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type TensorToWrite, writeSafetensors } from '../checkpoint/safetensorsWriter.ts';
import { writeGuardedModel } from '../generation/testing/guardedModel.ts';
import { parseParameters } from '../pictures/parameters.ts';
import { decodePng } from '../pictures/png.ts';
import { ksd, requireBuild, root, temporaryFolder } from './testing.ts';

beforeAll(requireBuild);

const model = join(root, 'models', 'emoji-sd', 'model');

async function readPicture(path: string) {
  const { image, text } = decodePng(await readFile(path));
  return { image, parameters: parseParameters(text['parameters'] ?? '') };
}

describe('help', () => {
  const commands = [
    'demo',
    'generate',
    'compare',
    'diagnose',
    'distill',
    'eval',
    'leaderboard',
    'fid',
    'export',
    'quantize',
    'serve',
    'worker',
    'vocab',
    'pull',
    'info',
  ];

  test('every command explains itself with examples', async () => {
    const folder = await temporaryFolder();
    const general = await ksd(folder, ['--help']);
    expect(general.status).toBe(0);
    for (const command of commands) {
      expect(general.stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
      const { status, stdout } = await ksd(folder, [command, '--help']);
      expect(status).toBe(0);
      expect(stdout).toContain('Examples:');
      expect(stdout).toContain(`$ ksd ${command}`);
    }
  });

  test('a Korean locale gets Korean, another one both languages, and --lang decides', async () => {
    const folder = await temporaryFolder();
    const help = async (args: readonly string[], locale: string) =>
      (await ksd(folder, ['generate', '--help', ...args], { KSD_LANG: '', LANG: locale })).stdout;
    const korean = await help([], 'ko_KR.UTF-8');
    expect(korean).toContain('사용법:');
    expect(korean).not.toContain('Usage:');
    expect(await help([], 'C.UTF-8')).toContain('사용법 / Usage:');
    expect(await help(['--lang', 'en'], 'ko_KR.UTF-8')).not.toMatch(/사용법/);
  });

  test('what is not understood ends with status 2', async () => {
    const folder = await temporaryFolder();
    const wrong = [['paint'], ['generate'], ['generate', 'x', '--steps', '0'], ['info', '--no-such-option']];
    for (const args of wrong) {
      const { status, stderr } = await ksd(folder, args);
      expect(status).toBe(2);
      expect(stderr).toMatch(/^error: /);
      expect(stderr).not.toContain('    at ');
    }
  });
});

test('a mistyped option is answered in Korean where the user reads Korean, with where to read on', async () => {
  const { status, stderr } = await ksd(await temporaryFolder(), ['generate', 'x', '--stepz', '3'], {
    KSD_LANG: 'ko',
  });
  expect(status).toBe(2);
  expect(stderr).toMatch(/^'--stepz' 옵션은 없습니다\. '--steps'/);
  expect(stderr).toContain('→ ksd --help');
});

test('another file, or the folder above a model, is answered with what to give instead', async () => {
  const folder = await temporaryFolder();
  const draw = async (path: string) => (await ksd(folder, ['generate', 'x', '--model', path])).stderr;
  expect(await draw(join(model, 'vae', 'config.json'))).toContain('is neither a safetensors file');
  expect(await draw(join(model, '..'))).toContain(`Did you mean ${model}?`);
});

describe('generate', () => {
  test('writes a PNG that tells how it was made, and its path on stdout', async () => {
    const folder = await temporaryFolder();
    const args = [
      '--student',
      'none',
      '--steps',
      '2',
      '--seed',
      '7',
      '--negative',
      'blue',
      '--out',
      'apple.png',
    ];
    const { status, stdout, stderr } = await ksd(folder, ['generate', 'a red apple, 빨간 사과', ...args]);
    expect(stderr).toContain('drawing');
    expect(status).toBe(0);
    expect(stdout).toBe('apple.png\n');
    const { image, parameters } = await readPicture(join(folder, 'apple.png'));
    expect([image.width, image.height]).toEqual([64, 64]);
    expect(parameters).toMatchObject({
      prompt: 'a red apple, 빨간 사과',
      negativePrompt: 'blue',
      steps: 2,
      sampler: 'UniPC',
      cfgScale: 5,
      seed: 7,
      model: 'emoji-sd',
    });
  });

  test('takes a label of the web UI for a sampler, and a share of fresh noise', async () => {
    const folder = await temporaryFolder();
    const args = ['--student', 'none', '--steps', '2', '--scheduler', 'dpm++ sde KARRAS', '--eta', '0.5'];
    const { stderr } = await ksd(folder, ['generate', 'a cat', ...args, '--out', 'cat.png']);
    const { parameters } = await readPicture(join(folder, 'cat.png')).catch(() => expect.fail(stderr));
    expect(parameters).toMatchObject({ sampler: 'DPM++ SDE Karras', extra: { Eta: '0.5' } });
  });

  test('numbers several pictures in a folder, of the size that was asked for', async () => {
    const folder = await temporaryFolder();
    const args = ['--student', 'none', '--steps', '1', '--count', '5', '--size', '32x48', '--out', 'cats'];
    const { stdout } = await ksd(folder, ['generate', 'a cat', ...args]);
    const paths = stdout.trim().split('\n');
    expect(paths).toHaveLength(5);
    const pictures = await Promise.all(paths.map((path) => readPicture(join(folder, path))));
    expect(pictures.map(({ parameters }) => parameters.seed)).toEqual([0, 1, 2, 3, 4]);
    expect([pictures[4]!.image.width, pictures[4]!.image.height]).toEqual([32, 48]);
  });

  test('draws the empty prompt, and one of 10,000 characters, with a warning if it is cut', async () => {
    const folder = await temporaryFolder();
    const draw = (prompt: string, ...more: string[]) =>
      ksd(folder, ['generate', prompt, '--student', 'none', '--steps', '1', '--out', 'x.png', ...more]);
    const empty = await draw('');
    expect(empty.status).toBe(0);
    expect(empty.stderr).not.toContain('⚠');
    const whole = await draw('red '.repeat(2500));
    expect(whole.status).toBe(0);
    expect(whole.stderr).not.toMatch(/were cut/);
    const long = await draw('사과 '.repeat(3334), '--long-prompts', 'cut');
    expect(long.status).toBe(0);
    expect(long.stderr).toMatch(/⚠ .* were cut/);
  });

  test('reads weights, skips layers and uses an embedding, and tells so in the file', async () => {
    const folder = await temporaryFolder();
    const vectors = Float32Array.from({ length: 2 * 192 }, (_, i) => Math.sin(i) / 50);
    const embedding = { name: '<toy>', dtype: 'F32', shape: [2, 192], data: vectors } as const;
    await writeSafetensors(join(folder, 'toy.safetensors'), [embedding]);
    const draw = async (out: string, prompt: string, ...more: string[]) => {
      const args = ['generate', prompt, '--steps', '2', '--out', out, ...more];
      const { status, stderr } = await ksd(folder, args);
      expect(stderr).not.toContain('✗');
      expect(status).toBe(0);
      return readPicture(join(folder, out));
    };
    const options = ['--clip-skip', '2', '--embedding', 'toy.safetensors:장난감'];
    const named = await draw('a.png', '(장난감:1.2)을 든 [사과]', ...options);
    expect(named.parameters.extra).toMatchObject({ 'Clip skip': '2' });
    const byToken = await draw('b.png', '(<toy>:1.2)을 든 [사과]', ...options);
    expect(byToken.image.data).toEqual(named.image.data);
    const without = await draw('c.png', '(장난감:1.2)을 든 [사과]', '--clip-skip', '2');
    expect(without.image.data).not.toEqual(named.image.data);
    const literal = await draw('d.png', '(사과)', '--prompt-syntax', 'plain');
    expect(literal.parameters.extra).toMatchObject({ Emphasis: 'None' });
  });

  test('adds LoRAs of the prompt and of an option, and says so in the file', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'loras'));
    const layer = 'lora_unet_mid_block_attentions_0_transformer_blocks_0_ff_net_2';
    const factor = (end: string, ...shape: [number, number]): TensorToWrite => {
      const data = new Float32Array(shape[0] * shape[1]).fill(0.1);
      return { name: `${layer}.lora_${end}.weight`, dtype: 'F32', shape, data };
    };
    await writeSafetensors(join(folder, 'loras', 'ink.safetensors'), [
      factor('down', 2, 1024),
      factor('up', 256, 2),
    ]);
    const draw = async (prompt: string, ...more: string[]) => {
      const args = ['--student', 'none', '--steps', '1', '--out', 'x.png', ...more];
      const { status, stderr } = await ksd(folder, ['generate', prompt, ...args]);
      expect(status, stderr).toBe(0);
      return readPicture(join(folder, 'x.png'));
    };
    const [plain, tag, option] = [
      await draw('a cat'),
      await draw('a cat <lora:ink:0.5>'),
      await draw('a cat', '--lora', 'loras/ink.safetensors:0.5'),
    ];
    expect(tag.parameters.prompt).toBe('a cat <lora:ink:0.5>');
    expect(option).toEqual(tag);
    expect(tag.image).not.toEqual(plain.image);
  });

  test.each([
    [
      'a clip skip beyond the layers',
      ['--clip-skip', '9'],
      'INPUT',
      'clip skip of 9',
      '1 (the last layer) to 4',
    ],
    ['an embedding that is none', ['--embedding', 'none.pt'], 'CHECKPOINT', 'none.pt', '→'],
    ['an unknown sampler', ['--scheduler', 'magic'], 'CONFIG', 'There is no sampler "magic"', 'unipc'],
    ['a strength without a picture', ['--strength', '0.5'], 'INPUT', 'no picture to start from', '--init'],
    ['an eta of a sampler without one', ['--eta', '0.5'], 'INPUT', 'takes no eta', 'ddim'],
    ['a side that the model cannot draw', ['--size', '65x64'], 'INPUT', 'width 65', '64 or 68'],
    ['a model that is not there', ['--model', 'nowhere'], 'CHECKPOINT', 'nowhere', '→'],
    ['a student that is not there', ['--student', 'nobody'], 'CHECKPOINT', 'nobody', '→'],
  ])('says what is wrong with %s, and what to do', async (_, args, code, problem, remedy) => {
    const folder = await temporaryFolder();
    const { status, stderr, stdout } = await ksd(folder, ['generate', 'x', ...args]);
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain(`[${code}]`);
    expect(stderr).toContain(problem);
    expect(stderr).toContain(remedy);
    expect(stderr).not.toContain('    at ');
  });

  test('names the file of a model that is cut off, with the stack only for KSD_DEBUG=1', async () => {
    const folder = await temporaryFolder();
    await cp(model, join(folder, 'model'), { recursive: true });
    const unet = join('model', 'unet', 'diffusion_pytorch_model.safetensors');
    await truncate(join(folder, unet), 1_000_000);
    const args = ['generate', 'x', '--model', 'model', '--student', 'none'];
    const { status, stderr } = await ksd(folder, args);
    expect(status).toBe(1);
    expect(stderr).toContain('[CHECKPOINT]');
    expect(stderr).toContain(unet);
    expect(stderr).not.toContain('    at ');
    expect((await ksd(folder, args, { KSD_DEBUG: '1' })).stderr).toContain('    at ');
  });
});

describe('compare', () => {
  test('draws pairs from arguments and from a file into one labelled picture', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'more.yaml'), '- { ko: 집, en: a house }\n');
    const args = ['compare', '빨간 사과=a red apple', '--prompts', 'more.yaml', '--students', 'none'];
    const { status, stdout } = await ksd(folder, [...args, '--steps', '1', '--out', 'deep/figure.png']);
    expect(status).toBe(0);
    expect(stdout).toBe(`${join('deep', 'figure')}.png\n${join('deep', 'figure')}.svg\n`);
    const svg = await readFile(join(folder, 'deep', 'figure.svg'), 'utf8');
    for (const label of ['빨간 사과', 'a house', '원본 + 한국어 (전)']) expect(svg).toContain(label);
    expect(svg.match(/<image /g)).toHaveLength(4);
    expect(decodePng(await readFile(join(folder, 'deep', 'figure.png'))).image.width).toBeGreaterThan(400);
  });

  test('says how many pictures the safety checker blacked out', async () => {
    const folder = await temporaryFolder();
    await writeGuardedModel(join(folder, 'guarded'), -2);
    const args = ['compare', '집=a house', '--model', 'guarded', '--steps', '1', '--device', 'cpu'];
    expect((await ksd(folder, args)).stderr).toContain('the safety checker blacked out 2');
    expect((await ksd(folder, [...args, '--no-safety-checker'])).stderr).not.toContain('blacked out');
  });

  test('asks for both languages of a prompt', async () => {
    const { status, stderr } = await ksd(await temporaryFolder(), ['compare', '빨간 사과']);
    expect(status).toBe(1);
    expect(stderr).toContain('[INPUT]');
  });
});

test('info tells devices, versions, and the sizes of the packaged model from any folder', async () => {
  const { status, stdout } = await ksd(await temporaryFolder(), ['info']);
  expect(status).toBe(0);
  expect(stdout).toMatch(/cpu +✓/);
  expect(stdout).toMatch(/onnxruntime +\d+\.\d+/);
  expect(stdout).toMatch(/unet +UNet2DConditionModel +16\.66 M +33\.3 MB +F16/);
});
