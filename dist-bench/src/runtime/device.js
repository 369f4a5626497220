/**
 * Which devices work on this machine.
 *
 * A provider that meets a bad driver may take its whole process down, so devices other than the CPU are tried in a
 * process of their own; and not at all where there is plainly no hardware for them.
 */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { firstLine } from "./engine.js";
import { tinyModel } from "./tiny.js";
const enginePath = createRequire(import.meta.url).resolve('onnxruntime-node');
/** Does `device` open a session here? Never throws. A software emulation of a GPU does not count. */
export async function availability(device) {
    if (device === 'cpu')
        return { device, available: true, detail: 'always there' };
    const obstacle = device === 'cuda' ? cudaObstacle() : gpuObstacle();
    if (obstacle !== undefined)
        return { device, available: false, detail: obstacle };
    return tryDevice(device);
}
/** Why CUDA cannot work, as far as files tell: its provider is not part of the package. */
function cudaObstacle() {
    const folder = join(dirname(enginePath), '../bin/napi-v6', process.platform, process.arch);
    const library = process.platform === 'win32' ? 'onnxruntime_providers_cuda.dll' : 'libonnxruntime_providers_cuda.so';
    return existsSync(join(folder, library)) ? undefined : 'the CUDA provider is not installed';
}
const softwareDrivers = /swiftshader|lvp|lavapipe|llvmpipe/i;
/**
 * Why WebGPU would find no graphics processor, as far as can be told. The engine does not say which adapter it took, and it
 * takes an emulation (SwiftShader, lavapipe) that is slower than the CPU device; but on Linux a real one has a file in /dev.
 */
export function gpuObstacle(environment = process.env, platform = process.platform, devices = platform === 'linux' ? gpuFiles() : []) {
    const chosen = environment['VK_DRIVER_FILES'] ?? environment['VK_ICD_FILENAMES'];
    if (chosen !== undefined && softwareDrivers.test(chosen)) {
        return `the Vulkan driver is a software emulation (${chosen})`;
    }
    return platform === 'linux' && devices.length === 0 ? 'no graphics processor found' : undefined;
}
/** The files of graphics processors: Direct Rendering nodes, NVIDIA's own, and that of WSL. */
function gpuFiles() {
    const entries = (folder) => (existsSync(folder) ? readdirSync(folder) : []);
    return [
        ...entries('/dev/dri').filter((name) => name.startsWith('renderD')),
        ...entries('/dev').filter((name) => /^nvidia\d+$/.test(name) || name === 'dxg'),
    ];
}
/** Runs in a child process: adds 1 and 1 on the device, and says so in one line of JSON. */
const trial = `
const [path, device, model] = process.argv.slice(1);
const say = (answer) => process.stdout.write('\\n' + JSON.stringify(answer) + '\\n');
const engine = require(path);
engine.env.logLevel = 'fatal';
(async () => {
  const bytes = new Uint8Array(Buffer.from(model, 'base64'));
  const session = await engine.InferenceSession.create(bytes, { executionProviders: [device], logSeverityLevel: 4 });
  const { y } = await session.run({ x: new engine.Tensor('float32', Float32Array.of(1), [1]) });
  say({ available: y.data[0] === 2, detail: y.data[0] === 2 ? 'works' : 'computes 1 + 1 = ' + y.data[0] });
})().catch((error) => say({ available: false, detail: error.message }));
`;
/** Tries `device` in a process of its own with `environment`, software emulations included. Never throws. */
export function tryDevice(device, environment = process.env) {
    const model = Buffer.from(tinyModel.bytes).toString('base64');
    const options = { timeout: 60_000, env: environment };
    return new Promise((resolve) => {
        execFile(process.execPath, ['-e', trial, enginePath, device, model], options, (error, stdout) => {
            const answer = parseAnswer(stdout);
            const crash = `its process ended without an answer (${error?.signal ?? error?.code ?? 'no reason given'})`;
            resolve({
                device,
                available: answer?.available ?? false,
                detail: answer === undefined ? crash : firstLine(answer.detail),
            });
        });
    });
}
/** The last line of JSON: drivers may have printed before it. */
function parseAnswer(output) {
    const line = output.split('\n').findLast((text) => text.startsWith('{"available":'));
    return line === undefined ? undefined : JSON.parse(line);
}
//# sourceMappingURL=device.js.map