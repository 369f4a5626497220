import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { availability, gpuObstacle, tryDevice } from './device.ts';

/** SwiftShader, the WebGPU device without hardware, comes with Chromium (Debian: `apt-get install chromium`). */
const swiftShader = [
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  '/opt/google/chrome/vk_swiftshader_icd.json',
  '/usr/lib/chromium-browser/vk_swiftshader_icd.json',
];
const driver =
  process.env['VK_DRIVER_FILES'] ?? process.env['VK_ICD_FILENAMES'] ?? swiftShader.find(existsSync);

/** The browser's folder also has the Vulkan loader. */
const withDriver = (file: string): NodeJS.ProcessEnv => ({
  ...process.env,
  VK_ICD_FILENAMES: file,
  LD_LIBRARY_PATH: [process.env['LD_LIBRARY_PATH'], dirname(file)].filter(Boolean).join(':'),
});

/**
 * Runs a script in a process of its own, which a crash of the provider may take down. The script gets our modules by
 * `load(path)` and prints one line of JSON.
 */
function inChild(script: string, env: NodeJS.ProcessEnv): unknown {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const program = `
    import { createViteServer } from 'vitest/node';
    const server = await createViteServer({
      configFile: false, root: ${JSON.stringify(root)}, logLevel: 'silent', appType: 'custom',
      server: { middlewareMode: true, hmr: false, ws: false, watch: null }, optimizeDeps: { noDiscovery: true },
    });
    const load = (path) => server.ssrLoadModule(path);
    const answer = await (async () => { ${script} })();
    console.log('\\n' + JSON.stringify(answer));
    process.exit(0);`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    env,
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return JSON.parse(output.trim().split('\n').at(-1) as string);
}

test('the CPU is always available', async () => {
  expect(await availability('cpu')).toMatchObject({ device: 'cpu', available: true });
});

test('a device is tried in a process of its own, which reports that it works', async () => {
  expect(await tryDevice('cpu')).toEqual({ device: 'cpu', available: true, detail: 'works' });
});

test('a process that ends without an answer counts as a device that does not work', async () => {
  const env = { ...process.env, NODE_OPTIONS: '--require=/does/not/exist' };
  expect(await tryDevice('cpu', env)).toMatchObject({
    available: false,
    detail: expect.stringContaining('ended'),
  });
});

describe('a graphics processor is expected', () => {
  test.each([
    ['where Linux has a file for it', {}, 'linux', ['renderD128'], undefined],
    ['not where Linux has none', {}, 'linux', [], 'no graphics processor found'],
    ['always on macOS', {}, 'darwin', [], undefined],
    [
      'not where an emulation is chosen',
      { VK_ICD_FILENAMES: '/x/vk_swiftshader_icd.json' },
      'linux',
      ['renderD128'],
      'the Vulkan driver is a software emulation (/x/vk_swiftshader_icd.json)',
    ],
  ])('%s', (_, environment, platform, devices, expected) => {
    expect(gpuObstacle(environment, platform, devices)).toBe(expected);
  });
});

describe('WebGPU', () => {
  test('runs a model through our runtime', ({ skip }) => {
    if (driver === undefined) return skip('no Vulkan driver: install chromium, or set VK_ICD_FILENAMES');
    const answer = inChild(
      `const { openRuntime } = await load('/src/runtime/node.ts');
       const { tinyModel } = await load('/src/runtime/tiny.ts');
       const runtime = await openRuntime('webgpu');
       const session = await runtime.open(tinyModel);
       const data = new Float32Array(new WebAssembly.Memory({ initial: 1 }).buffer, 64, 3).fill(1.5);
       const { y } = await session.run({ x: { type: 'float32', shape: [3], data } });
       await session.dispose();
       return [runtime.device, runtime.description, y.shape, [...y.data]];`,
      withDriver(driver),
    );
    expect(answer).toEqual(['webgpu', 'webgpu, as requested', [3], [3, 3, 3]]);
  });

  test('is not what auto takes where it is an emulation', ({ skip }) => {
    const emulation = swiftShader.find(existsSync);
    if (emulation === undefined) return skip('no SwiftShader: install chromium');
    const answer = inChild(
      `const { openRuntime } = await load('/src/runtime/node.ts');
       const { description } = await openRuntime('auto');
       return description;`,
      withDriver(emulation),
    );
    expect(answer).toMatch(/^(cuda|cpu) \(auto\): /);
  });

  test('without a driver is refused with what to do', ({ skip }) => {
    if (process.platform !== 'linux') return skip('only Linux lets a driver be hidden');
    const answer = inChild(
      `const { openRuntime } = await load('/src/runtime/node.ts');
       return openRuntime('webgpu').then(() => 'opened', (error) => [error.code, error.message]);`,
      withDriver('/does/not/exist.json'),
    );
    expect(answer).toEqual([
      'RUNTIME',
      expect.stringMatching(/^The device webgpu does not work: .+ Install a Vulkan/),
    ]);
  });
});
