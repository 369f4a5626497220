/**
 * Runtimes for Node, on onnxruntime-node: opens devices, and models on them as sessions.
 *
 * `session.run` of this engine keeps its thread busy until it is done. Knows no models.
 */
import { RuntimeError } from '../errors.ts';
import { type Availability, availability } from './device.ts';
import {
  type Engine,
  fedTensor,
  firstLine,
  fromEngine,
  keepsTensors,
  keepTensor,
  loadEngine,
  sessionOptions,
} from './engine.ts';
import { checkFeeds, checkNames, type InputSpec } from './feeds.ts';
import {
  type DeviceTensor,
  downloadModel,
  type Feeds,
  type KeepingRuntime,
  type KeepingSession,
} from './keeping.ts';
import type { Device, ModelBytes, OpenOptions, RequestedDevice, Session } from './session.ts';
import type { Tensor } from './tensor.ts';
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
): Promise<KeepingRuntime> {
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

async function openAuto(engine: Engine, options: RuntimeOptions): Promise<KeepingRuntime> {
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
): KeepingRuntime {
  const launch = async (
    { bytes, weightsFolder }: ModelBytes,
    { name = 'model', weightsInPlace = false }: OpenOptions = {},
    keep: readonly string[] = [],
  ) => {
    try {
      const settings = await sessionOptions(device, { threads, weightsFolder, weightsInPlace, keep });
      return callable(engine, await engine.InferenceSession.create(bytes, settings), name);
    } catch (cause) {
      throw new RuntimeError(
        `The session '${name}' cannot be opened on ${device}: ${firstLine(cause)}`,
        weightsFolder === undefined
          ? 'Check that the graph is valid.'
          : `Check that the graph is valid and that its weights are files in ${weightsFolder}.`,
        { cause },
      );
    }
  };
  const open = async (model: ModelBytes, options?: OpenOptions) => reading(await launch(model, options));
  const download = downloader(launch);
  return {
    device,
    description,
    keepsTensors: keepsTensors(device),
    open,
    openKeeping: async (model, keep, options) => keeping(await launch(model, options, keep), keep, download),
  };
}

type EngineSession = Awaited<ReturnType<Engine['InferenceSession']['create']>>;
type EngineTensors = Awaited<ReturnType<EngineSession['run']>>;

/** A session of the engine behind checks and errors of ours. */
interface Callable {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  run(feeds: Feeds, fetches: readonly string[]): Promise<EngineTensors>;
  dispose(): Promise<void>;
}

function callable(engine: Engine, session: EngineSession, name: string): Callable {
  const inputs = session.inputMetadata.map(specOf);
  const outputs = session.outputNames;
  let disposed = false;
  return {
    inputs: session.inputNames,
    outputs,
    run: async (feeds, fetches) => {
      if (disposed) throw new RuntimeError(`The session '${name}' is disposed of.`, 'Open the model again.');
      checkFeeds(name, inputs, feeds);
      checkNames(name, 'output', outputs, fetches);
      const fed = Object.entries(feeds).map(([key, tensor]) => [key, fedTensor(engine, tensor)] as const);
      try {
        return await session.run(Object.fromEntries(fed), fetches);
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

function reading({ inputs, outputs, run, dispose }: Callable): Session {
  return {
    inputs,
    outputs,
    run: async (feeds, fetches = outputs) => {
      const results = await run(feeds, fetches);
      return Object.fromEntries(fetches.map((key) => [key, fromEngine(results[key]!)]));
    },
    dispose,
  };
}

function keeping(
  { inputs, outputs, run, dispose }: Callable,
  keep: readonly string[],
  download: (tensor: DeviceTensor) => Promise<Tensor>,
): KeepingSession {
  const stays = new Set(keep);
  const [staying, coming] = [
    outputs.filter((key) => stays.has(key)),
    outputs.filter((key) => !stays.has(key)),
  ];
  return {
    inputs,
    run: async (feeds) => {
      const results = await run(feeds, outputs);
      return {
        read: Object.fromEntries(coming.map((key) => [key, fromEngine(results[key]!)])),
        kept: Object.fromEntries(staying.map((key) => [key, keepTensor(results[key]!, download)])),
      };
    },
    dispose,
  };
}

/** Brings tensors to the host, by one session for each rank, which lives as long as the runtime. */
function downloader(launch: (model: ModelBytes, options: OpenOptions) => Promise<Callable>) {
  const sessions = new Map<number, Promise<Callable>>();
  return async (tensor: DeviceTensor): Promise<Tensor> => {
    const rank = tensor.shape.length;
    const session = sessions.get(rank) ?? launch(downloadModel(rank), { name: 'download' });
    sessions.set(rank, session);
    const { run } = await session;
    return fromEngine((await run({ x: tensor }, ['y']))['y']!);
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
