/**
 * Runtimes for Node, on onnxruntime-node: opens devices, and models on them as sessions.
 *
 * `session.run` of this engine keeps its thread busy until it is done. Knows no models.
 */
import { RuntimeError } from '../errors.ts';
import { type Availability, availability } from './device.ts';
import { type Engine, firstLine, fromEngine, loadEngine, sessionOptions, toEngine } from './engine.ts';
import { checkFeeds, checkNames, type InputSpec } from './feeds.ts';
import type { Device, ModelBytes, OpenOptions, RequestedDevice, Runtime, Session } from './session.ts';
import { tinyModel } from './tiny.ts';

export interface RuntimeOptions {
  /** Threads of one operator; as many as the processor has cores by default. */
  readonly threads?: number;
}

/** What to do about a device that does not open. */
const remedies: Readonly<Record<Device, string>> = {
  cpu: 'Run `npm install` again.',
  webgpu: 'Install a Vulkan (Linux), Direct3D 12 (Windows) or Metal (macOS) driver, or use the device `cpu`.',
  cuda: 'Install the CUDA provider as the README explains, or use the device `cpu`.',
};

/**
 * A runtime on the requested device. `auto` takes CUDA, else WebGPU on a real graphics processor, else the CPU, and says in
 * `description` why. Throws RuntimeError if a device that was asked for by name does not work.
 */
export async function openRuntime(
  requested: RequestedDevice,
  options: RuntimeOptions = {},
): Promise<Runtime> {
  const engine = await loadEngine();
  if (requested === 'auto') return openAuto(engine, options);
  const runtime = createRuntime(engine, requested, `${requested}, as requested`, options);
  try {
    const session = await runtime.open(tinyModel, { name: 'device test' });
    await session.dispose();
  } catch (cause) {
    throw new RuntimeError(`The device ${requested} does not work: ${detail(cause)}`, remedies[requested], {
      cause,
    });
  }
  return runtime;
}

async function openAuto(engine: Engine, options: RuntimeOptions): Promise<Runtime> {
  const refused: Availability[] = [];
  for (const device of ['cuda', 'webgpu'] as const) {
    const found = await availability(device);
    if (found.available) return createRuntime(engine, device, `${device} (auto): ${found.detail}`, options);
    refused.push(found);
  }
  const reasons = refused.map(({ device, detail }) => `no ${device}: ${detail}`).join('; ');
  return createRuntime(engine, 'cpu', `cpu (auto): ${reasons}`, options);
}

function createRuntime(
  engine: Engine,
  device: Device,
  description: string,
  { threads }: RuntimeOptions,
): Runtime {
  return {
    device,
    description,
    open: async (
      { bytes, weightsFolder }: ModelBytes,
      { name = 'model', weightsInPlace = false }: OpenOptions = {},
    ) => {
      try {
        const settings = await sessionOptions(device, { threads, weightsFolder, weightsInPlace });
        return wrap(engine, await engine.InferenceSession.create(bytes, settings), name);
      } catch (cause) {
        throw new RuntimeError(
          `The session '${name}' cannot be opened on ${device}: ${firstLine(cause)}`,
          weightsFolder === undefined
            ? 'Check that the graph is valid.'
            : `Check that the graph is valid and that its weights are files in ${weightsFolder}.`,
          { cause },
        );
      }
    },
  };
}

type EngineSession = Awaited<ReturnType<Engine['InferenceSession']['create']>>;

function wrap(engine: Engine, session: EngineSession, name: string): Session {
  const inputs = session.inputMetadata.map(specOf);
  const outputs = session.outputNames;
  let disposed = false;
  return {
    inputs: session.inputNames,
    outputs,
    run: async (feeds, fetches = outputs) => {
      if (disposed) throw new RuntimeError(`The session '${name}' is disposed of.`, 'Open the model again.');
      checkFeeds(name, inputs, feeds);
      checkNames(name, 'output', outputs, fetches);
      const fed = Object.entries(feeds).map(([key, tensor]) => [key, toEngine(engine, tensor)] as const);
      try {
        const results = await session.run(Object.fromEntries(fed), fetches);
        return Object.fromEntries(fetches.map((key) => [key, fromEngine(results[key] as never)]));
      } catch (cause) {
        throw new RuntimeError(
          `The session '${name}' failed: ${detail(cause)}`,
          'Check the shapes of what is fed to it, and that the device has the memory it takes.',
          { cause },
        );
      }
    },
    dispose: async () => {
      if (disposed) return;
      disposed = true;
      await session.release();
    },
  };
}

function specOf(metadata: EngineSession['inputMetadata'][number]): InputSpec {
  return metadata.isTensor
    ? { name: metadata.name, type: metadata.type, shape: metadata.shape }
    : { name: metadata.name, type: 'not a tensor', shape: [] };
}

/** An error of ours passes on what the engine said, not its own advice. */
function detail(error: unknown): string {
  return firstLine(error instanceof RuntimeError && error.cause !== undefined ? error.cause : error);
}
