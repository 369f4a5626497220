/**
 * Checks our operators and their gradients against PyTorch's autograd.
 *
 * A case of the data is a graph of one or a few operators; `builders` says which. Shapes and attributes come from
 * the case, so that other data of the same layout is checked too.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readTensor, type Weights } from '../../checkpoint/tensorEntry.ts';
import { openWeights } from '../../checkpoint/weights.ts';
import { gradients } from '../../graph/gradients.ts';
import { createGraph, input, type Value } from '../../graph/graph.ts';
import { compile } from '../../runtime/compile.ts';
import { openRuntime } from '../../runtime/node.ts';
import type { Runtime } from '../../runtime/session.ts';
import type { Tensor, TensorType } from '../../runtime/tensor.ts';
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
  async *check(folder, device = 'cpu') {
    const { ops } = casesSchema.parse(JSON.parse(await readFile(join(folder, 'cases.json'), 'utf8')));
    const runtime = await openRuntime(device);
    for (const golden of ops) yield await checkCase(runtime, golden, folder);
  },
};

type Tensors = ReadonlyMap<string, Tensor>;

async function checkCase(runtime: Runtime, golden: OperatorCase, folder: string): Promise<CaseResult> {
  const build = builderFor(golden.op);
  if (!build) return { name: golden.op, passed: false, detail: 'no operator is known for this case' };
  const tensors = await readTensors(await openWeights(join(folder, golden.file)));
  const graph = createGraph();
  const operands = under(tensors, 'in.');
  const inputs = Object.fromEntries(
    [...operands].map(([name, { type, shape }]) => [name, input(graph, `in.${name}`, type, shape)]),
  );
  const out = build({ inputs, attributes: golden.attributes, shape: tensors.get('out')!.shape });
  const upstream = input(graph, 'grad_out', 'float32', tensors.get('grad_out')!.shape);
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
  const results = await run(runtime, outputs, tensors);
  const errors = ['out', ...wanted.map((name) => `grad.${name}`)].map((name): [string, number] => [
    name,
    difference(results[name], tensors.get(name)!, golden),
  ]);
  return resultOf(golden.op, Object.fromEntries(errors));
}

async function run(runtime: Runtime, outputs: Readonly<Record<string, Value>>, tensors: Tensors) {
  const session = await compile(runtime, outputs['out']!.graph, outputs);
  const results = await session.run(
    Object.fromEntries(session.inputs.map((name) => [name, tensors.get(name)!])),
  );
  await session.dispose();
  return results;
}

/** The worst error as a fraction of the tolerance; infinite where a result is missing or has another shape. */
function difference(actual: Tensor | undefined, expected: Tensor, tolerance: OperatorCase): number {
  if (actual?.shape.join() !== expected.shape.join()) return Number.POSITIVE_INFINITY;
  return worstError(actual.data as Float32Array, expected.data as Float32Array, tolerance);
}

function under(tensors: Tensors, prefix: string): Map<string, Tensor> {
  return new Map(
    [...tensors]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
  );
}

const typeOf: Readonly<Record<string, TensorType>> = { F32: 'float32', I64: 'int64', BOOL: 'bool' };

async function readTensors(weights: Weights): Promise<Tensors> {
  const tensors = new Map<string, Tensor>();
  for (const entry of weights.tensors.values()) {
    const type = typeOf[entry.dtype];
    if (type)
      tensors.set(entry.name, {
        type,
        shape: entry.shape,
        data: (await readTensor(entry)) as Tensor['data'],
      });
  }
  return tensors;
}
