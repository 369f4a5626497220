import { expect, test } from 'vitest';
import { deviceInfo, machineInfo } from './info.ts';

test('the machine is described by plain values that can be written as JSON', async () => {
  const info = await machineInfo();
  expect(JSON.parse(JSON.stringify(info))).toEqual(info);
  expect(info.onnxruntime).toMatch(/^1\.\d+\.\d+/);
  expect(info.threads).toBeGreaterThan(0);
  expect(info.memory).toBeGreaterThan(info.freeMemory);
});

test('every device is listed with a reason', async () => {
  const devices = await deviceInfo();
  expect(devices.map(({ device }) => device)).toEqual(['cpu', 'webgpu', 'cuda']);
  expect(devices.every(({ detail }) => detail !== '')).toBe(true);
});
