/**
 * Checks our operators and their gradients against PyTorch's autograd.
 *
 * A case of the data is a graph of one or a few operators; `builders` says which. Shapes and attributes come from
 * the case, so that other data of the same layout is checked too.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { z } from 'zod';
import { readTensor, type Weights } from '../../checkpoint/tensorEntry.ts';
import { openWeights } from '../../checkpoint/weights.ts';
import { gradients } from '../../graph/gradients.ts';
import { createGraph, input, type Value } from '../../graph/graph.ts';
import { serialize } from '../../graph/serialize.ts';
import { type CaseResult, defaultTolerance, type GoldenPart, resultOf, worstError } from '../golden.ts';
import { builderFor } from './operatorBuilders.ts';

const caseSchema = z.object({
  op: z.string(),
  file: z.string(),
  attributes: z.record(z.string(), z.unknown()).default({}),
  atol: z.number().default(defaultTolerance.atol),
  rtol: z.number().default(defaultTolerance.rtol),
});

type OperatorCase = z.infer<typeof caseSchema>;

const casesSchema = z.object({ ops: z.array(caseSchema) });

export const operatorsPart: GoldenPart = {
  name: 'ops',
  async *check(folder) {
    const { ops } = casesSchema.parse(JSON.parse(await readFile(join(folder, 'cases.json'), 'utf8')));
    for (const golden of ops) yield await checkCase(golden, folder);
  },
};

type Tensors = ReadonlyMap<string, OrtTensor>;

async function checkCase(golden: OperatorCase, folder: string): Promise<CaseResult> {
  const build = builderFor(golden.op);
  if (!build) return { name: golden.op, passed: false, detail: 'no operator is known for this case' };
  const tensors = await readTensors(await openWeights(join(folder, golden.file)));
  const graph = createGraph();
  const operands = under(tensors, 'in.');
  const inputs = Object.fromEntries(
    [...operands].map(([name, { type, dims }]) => [
      name,
      input(graph, `in.${name}`, type as Value['dtype'], dims),
    ]),
  );
  const out = build({ inputs, attributes: golden.attributes, shape: tensors.get('out')!.dims });
  const upstream = input(graph, 'grad_out', 'float32', tensors.get('grad_out')!.dims);
  const wanted = [...under(tensors, 'grad.').keys()];
  const found = gradients(
    out,
    wanted.map((name) => inputs[name]!),
    upstream,
  );
  const outputs: Record<string, Value> = { out };
  wanted.forEach((name, i) => {
    const gradient = found[i];
    if (gradient) outputs[`grad.${name}`] = gradient;
  });
  const results = await run(outputs, tensors);
  const errors = ['out', ...wanted.map((name) => `grad.${name}`)].map((name): [string, number] => [
    name,
    difference(results[name], tensors.get(name)!, golden),
  ]);
  return resultOf(golden.op, Object.fromEntries(errors));
}

async function run(outputs: Readonly<Record<string, Value>>, tensors: Tensors) {
  const bytes = serialize(outputs['out']!.graph, { outputs, bind: () => ({ kind: 'input' }) });
  const session = await InferenceSession.create(bytes);
  const feeds = session.inputNames.map((name) => [name, tensors.get(name)!] as const);
  return session.run(Object.fromEntries(feeds));
}

/** The worst error as a fraction of the tolerance; infinite where a result is missing or has another shape. */
function difference(actual: OrtTensor | undefined, expected: OrtTensor, tolerance: OperatorCase): number {
  if (actual?.dims.join() !== expected.dims.join()) return Number.POSITIVE_INFINITY;
  return worstError(actual.data as Float32Array, expected.data as Float32Array, tolerance);
}

function under(tensors: Tensors, prefix: string): Map<string, OrtTensor> {
  return new Map(
    [...tensors]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
  );
}

async function readTensors(weights: Weights): Promise<Tensors> {
  const tensors = new Map<string, OrtTensor>();
  for (const entry of weights.tensors.values()) {
    const { name, shape } = entry;
    const data = await readTensor(entry);
    if (data instanceof Float32Array) tensors.set(name, new OrtTensor('float32', data, shape));
    if (data instanceof BigInt64Array) tensors.set(name, new OrtTensor('int64', data, shape));
    if (data instanceof Uint8Array) tensors.set(name, new OrtTensor('bool', data, shape));
  }
  return tensors;
}
