/**
 * Checks the U-Net: predictions, and the activations inside it where the data has them.
 */
import { join } from 'node:path';
import { readJson } from '../../checkpoint/json.ts';
import { openWeightsIn } from '../../checkpoint/weights.ts';
import { createGraph, input } from '../../graph/graph.ts';
import { unet } from '../../models/unet.ts';
import { parseUNetConfig } from '../../models/unetConfig.ts';
import { openRuntime } from '../../runtime/node.ts';
import type { Runtime } from '../../runtime/session.ts';
import { floatTensor } from '../../runtime/tensor.ts';
import { type GoldenPart, resultOf, type Tolerance, toleranceOf } from '../golden.ts';
import { graphErrors, recorder } from '../graphs.ts';
import { readCases, readTensors } from '../tensors.ts';

interface UNetCase extends Partial<Tolerance> {
  /** Inputs and output. */
  readonly file: string;
  /** Folder of config and weights. */
  readonly model: string;
  readonly intermediates?: string;
  /** The names of the activations in that file. */
  readonly intermediate_shapes?: Readonly<Record<string, readonly number[]>>;
}

export const unetPart: GoldenPart = {
  name: 'unet',
  async *check(folder, device = 'cpu') {
    const { cases } = await readCases<{ cases: readonly UNetCase[] }>(folder);
    const runtime = await openRuntime(device);
    for (const one of cases) yield resultOf(one.file, await caseErrors(runtime, folder, one));
  },
};

async function caseErrors(runtime: Runtime, folder: string, one: UNetCase): Promise<Record<string, number>> {
  const source = join(folder, one.model, 'config.json');
  const config = parseUNetConfig(await readJson(source), source);
  const golden = await readTensors(join(folder, one.file));
  const [batch, , height, width] = golden.get('sample').shape as [number, number, number, number];
  // The reference repeats one time step for every sample, and its activations show that.
  const steps = golden.floats('timestep');
  const repeated = one.intermediates ? new Float32Array(batch).map((_, i) => steps[i] ?? steps[0]!) : steps;

  const graph = createGraph();
  const { tap, seen } = recorder();
  const inputs = {
    sample: input(graph, 'sample', 'float32', ['batch', config.inChannels, height, width]),
    timestep: input(graph, 'timestep', 'float32', [repeated.length === 1 ? 1 : 'batch']),
    encoderHiddenStates: input(graph, 'encoder_hidden_states', 'float32', [
      'batch',
      'length',
      config.crossAttentionDim,
    ]),
  };
  const output = unet(graph, config, inputs, { tap });
  const check = {
    runtime,
    graph,
    weights: await openWeightsIn(join(folder, one.model)),
    feeds: {
      sample: floatTensor(golden.floats('sample'), golden.get('sample').shape),
      timestep: floatTensor(repeated, [repeated.length]),
      encoder_hidden_states: floatTensor(
        golden.floats('encoder_hidden_states'),
        golden.get('encoder_hidden_states').shape,
      ),
    },
    outputs: new Map([...seen, ['output', output]]),
    tolerance: toleranceOf(one),
  };
  const errors = await graphErrors(check, golden, ['output']);
  if (!one.intermediates) return errors;
  const inside = await readTensors(join(folder, one.intermediates));
  const names = Object.keys(one.intermediate_shapes ?? {});
  return { ...errors, ...(await graphErrors(check, inside, names)) };
}
