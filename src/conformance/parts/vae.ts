/**
 * Checks the autoencoder: decoding with its intermediate activations, encoding to a distribution, and the
 * distribution alone. Every model folder beside the cases must give the same numbers, whatever names its file has.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openVaeWeights } from '../../checkpoint/diffusersFolder.ts';
import { readJson } from '../../checkpoint/json.ts';
import type { Weights } from '../../checkpoint/tensorEntry.ts';
import { createGraph, type Graph, input, type Value } from '../../graph/graph.ts';
import { decodeLatents, encodeMoments, latentDistribution, sampleLatents } from '../../models/vae.ts';
import { parseVaeConfig, type VaeConfig } from '../../models/vaeConfig.ts';
import { openRuntime } from '../../runtime/node.ts';
import type { Runtime } from '../../runtime/session.ts';
import { floatTensor } from '../../runtime/tensor.ts';
import { type CaseResult, type GoldenPart, resultOf, type Tolerance, toleranceOf } from '../golden.ts';
import { graphErrors, recorder } from '../graphs.ts';
import { type GoldenTensors, readCases, readTensors } from '../tensors.ts';

interface VaeCase extends Partial<Tolerance> {
  readonly file: string;
  readonly kind: 'decode' | 'encode' | 'gaussian';
  readonly intermediates?: string;
  /** The names of the activations in that file. */
  readonly intermediate_shapes?: Readonly<Record<string, readonly number[]>>;
}

interface Model {
  readonly name: string;
  readonly config: VaeConfig;
  readonly weights: Weights;
}

export const vaePart: GoldenPart = {
  name: 'vae',
  async *check(folder, device = 'cpu') {
    const { cases } = await readCases<{ cases: readonly VaeCase[] }>(folder);
    const runtime = await openRuntime(device);
    const models = await openModels(folder);
    for (const one of cases) {
      if (one.kind === 'gaussian') yield await checkCase(runtime, folder, one);
      else for (const model of models) yield await checkCase(runtime, folder, one, model);
    }
  },
};

async function openModels(folder: string): Promise<readonly Model[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const models = entries.filter((entry) => entry.isDirectory() && entry.name !== 'cases');
  return Promise.all(
    models.map(async ({ name }) => {
      const source = join(folder, name, 'config.json');
      const config = parseVaeConfig(await readJson(source), source);
      return { name, config, weights: await openVaeWeights(join(folder, name)) };
    }),
  );
}

async function checkCase(runtime: Runtime, folder: string, one: VaeCase, model?: Model): Promise<CaseResult> {
  const golden = await readTensors(join(folder, one.file));
  const graph = createGraph();
  const outputs = build(graph, one, golden, model);
  const feeds = Object.fromEntries(
    [...graph.inputs.keys()].map((name) => [name, floatTensor(golden.floats(name), golden.get(name).shape)]),
  );
  const check = { runtime, graph, feeds, outputs, tolerance: toleranceOf(one) };
  const weighted = model ? { ...check, weights: model.weights } : check;
  const names = [...results[one.kind]].filter((name) => golden.has(name));
  const errors = await graphErrors(weighted, golden, names);
  if (one.intermediates) {
    const inside = await readTensors(join(folder, one.intermediates));
    const within = await graphErrors(weighted, inside, Object.keys(one.intermediate_shapes ?? {}));
    Object.assign(errors, within);
  }
  return resultOf(model ? `${one.file} (${model.name})` : one.file, errors);
}

/** What each kind of case computes; the other tensors of its file are inputs. */
const results = {
  decode: ['image'],
  encode: ['moments', 'mean', 'logvar', 'std', 'sample'],
  gaussian: ['mean', 'logvar', 'std', 'sample'],
} as const;

/** The values that a case asks for, by their golden names, and the inputs that they need. */
function build(
  graph: Graph,
  { kind }: VaeCase,
  golden: GoldenTensors,
  model: Model | undefined,
): Map<string, Value> {
  const feed = (name: string) => input(graph, name, 'float32', ['batch', ...golden.get(name).shape.slice(1)]);
  const { tap, seen } = recorder();
  if (kind === 'decode') {
    const image = decodeLatents(graph, model!.config, feed('latents'), tap);
    return new Map([...seen, ['image', image]]);
  }
  const moments =
    kind === 'encode' ? encodeMoments(graph, model!.config, feed('image'), tap) : feed('moments');
  const distribution = latentDistribution(moments);
  const outputs = new Map([...seen, ['moments', moments], ...Object.entries(distribution)]);
  if (golden.has('noise')) outputs.set('sample', sampleLatents(distribution, feed('noise')));
  return outputs;
}
