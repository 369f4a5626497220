/**
 * For tests only: WebGPU without a graphics processor, in a process of its own.
 *
 * Nothing but tests may import this.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** SwiftShader, the WebGPU device without hardware, comes with Chromium (Debian: `apt-get install chromium`). */
const places = [
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  '/opt/google/chrome/vk_swiftshader_icd.json',
  '/usr/lib/chromium-browser/vk_swiftshader_icd.json',
];
export const softwareDriver = places.find(existsSync);

/** The Vulkan driver that tests of WebGPU use, if there is one. */
export const driver = process.env['VK_DRIVER_FILES'] ?? process.env['VK_ICD_FILENAMES'] ?? softwareDriver;

/** Why a test of WebGPU is skipped. */
export const noDriver = 'no Vulkan driver: install chromium, or set VK_ICD_FILENAMES';

/** The browser's folder also has the Vulkan loader. */
export const withDriver = (file: string): NodeJS.ProcessEnv => ({
  ...process.env,
  VK_ICD_FILENAMES: file,
  LD_LIBRARY_PATH: [process.env['LD_LIBRARY_PATH'], dirname(file)].filter(Boolean).join(':'),
});

/**
 * Runs a script in a process of its own, which a crash of the provider may take down. The script gets our modules by
 * `load(path)` and prints one line of JSON.
 */
export function inChild(script: string, env: NodeJS.ProcessEnv): unknown {
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
