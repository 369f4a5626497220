import { describe, expect, test } from 'vitest';
import { availability, gpuObstacle, tryDevice } from './device.ts';
import { driver, inChild, noDriver, softwareDriver, withDriver } from './testing.ts';

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
    if (driver === undefined) return skip(noDriver);
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
    if (softwareDriver === undefined) return skip('no SwiftShader: install chromium');
    const answer = inChild(
      `const { openRuntime } = await load('/src/runtime/node.ts');
       const { description } = await openRuntime('auto');
       return description;`,
      withDriver(softwareDriver),
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
