/**
 * A graph as the bytes of an ONNX model.
 *
 * Weights are not copied: a parameter becomes an input that is fed at every run, or an initialiser that points
 * into a file (ONNX external data), or, for small ones, bytes in the model.
 */
import { create, toBinary } from '@bufbuild/protobuf';
import { GraphError } from '../errors.ts';
import { byteSizeOf, type DType, onnxTypeOf } from './dtype.ts';
import type { AttributeKind, Constant, Graph, Node, Value } from './graph.ts';
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  type TensorProto,
  TensorProto_DataLocation,
  TensorProtoSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from './onnx/onnx_pb.ts';
import type { Dim } from './shape.ts';

/** Where the values of a parameter come from. */
export type Binding =
  | { readonly kind: 'input' }
  | {
      readonly kind: 'external';
      /** Name of the file, relative to the folder given to the session. */
      readonly location: string;
      /** Bytes from the start of the file, and bytes in all. */
      readonly offset: number;
      readonly length: number;
      readonly dtype: DType;
    }
  | { readonly kind: 'data'; readonly data: Float32Array };

export interface SerializeOptions {
  /** What the model returns: names and values. Whatever they do not need is left out. */
  readonly outputs: Readonly<Record<string, Value>>;
  /** Called for each parameter that the outputs need. */
  readonly bind: (name: string, shape: readonly number[], dtype: DType) => Binding;
}

const opset = 21;
const irVersion = 10;

/**
 * The ONNX model (IR version 10, opset 21, com.microsoft 1) that computes `outputs`. Throws GraphError for an output
 * whose name is taken or whose graph is another, and for a binding of another size than its parameter.
 */
export function serialize(graph: Graph, { outputs, bind }: SerializeOptions): Uint8Array<ArrayBuffer> {
  checkOutputs(graph, outputs);
  const { nodes, leaves } = reachable(graph, Object.values(outputs));
  const initializer: TensorProto[] = [];
  const casts: NodeProto[] = [];
  const inputs = [...graph.inputs.values()].filter((value) => leaves.has(value));
  for (const [name, value] of graph.parameters) {
    if (!leaves.has(value)) continue;
    const binding = bind(name, value.shape as readonly number[], value.dtype);
    if (binding.kind === 'input') inputs.push(value);
    else bindParameter(value, binding, initializer, casts);
  }
  for (const constant of graph.constants.values()) {
    if (leaves.has(constant.value)) initializer.push(constantTensor(constant));
  }
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(irVersion),
    producerName: 'k-stable-diffusion',
    opsetImport: [opsetId('', opset), opsetId('com.microsoft', 1)],
    graph: create(GraphProtoSchema, {
      name: 'graph',
      node: [...casts, ...nodes.map(nodeProto), ...outputNodes(outputs)],
      initializer,
      input: inputs.map((value) => valueInfo(value.name, value.dtype, value.shape)),
      output: Object.entries(outputs).map(([name, { dtype, shape }]) => valueInfo(name, dtype, shape)),
    }),
  });
  return toBinary(ModelProtoSchema, model);
}

/** ONNX has one name space: an output is a value of its own and cannot share the name of another. */
function checkOutputs(graph: Graph, outputs: Readonly<Record<string, Value>>): void {
  for (const [name, value] of Object.entries(outputs)) {
    if (value.graph !== graph) {
      throw new GraphError(
        `Output ${name} is a value of another graph.`,
        'Serialize the graph that it is in.',
      );
    }
    if (graph.inputs.has(name) || graph.parameters.has(name) || name.includes('#')) {
      throw new GraphError(
        `Output ${name} has the name of an input, a parameter or an inner value of the graph.`,
        'Choose another name for the output.',
      );
    }
  }
}

/** The nodes that the outputs need, in order, and the values without a node that these start from. */
export function reachable(graph: Graph, outputs: readonly Value[]): { nodes: Node[]; leaves: Set<Value> } {
  const wanted = new Set(outputs);
  const nodes: Node[] = [];
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i]!;
    if (!node.outputs.some((output) => wanted.has(output))) continue;
    nodes.push(node);
    for (const value of node.inputs) if (value) wanted.add(value);
  }
  return { nodes: nodes.reverse(), leaves: new Set([...wanted].filter((value) => !value.node)) };
}

function opsetId(domain: string, version: number) {
  return create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) });
}

function bindParameter(
  value: Value,
  binding: Exclude<Binding, { kind: 'input' }>,
  initializer: TensorProto[],
  casts: NodeProto[],
): void {
  const dtype = binding.kind === 'data' ? 'float32' : binding.dtype;
  const length = binding.kind === 'data' ? binding.data.byteLength : binding.length;
  const shape = value.shape as readonly number[];
  const size = shape.reduce((a, b) => a * b, byteSizeOf[dtype]);
  if (size !== length) {
    throw new GraphError(
      `${value.name} [${shape}] needs ${size} bytes of ${dtype}, but ${length} are given.`,
      'Check that the weights belong to this graph.',
    );
  }
  const dims = shape.map(BigInt);
  const dataType = onnxTypeOf[dtype];
  if (binding.kind === 'data') {
    const rawData = bytesOf(binding.data);
    initializer.push(create(TensorProtoSchema, { name: value.name, dims, dataType, rawData }));
    return;
  }
  const { location, offset } = binding;
  const stored = dtype === value.dtype ? value.name : `${value.name}:stored`;
  const entries = Object.entries({ location, offset: String(offset), length: String(length) });
  initializer.push(
    create(TensorProtoSchema, {
      name: stored,
      dims,
      dataType,
      dataLocation: TensorProto_DataLocation.EXTERNAL,
      externalData: entries.map(([key, entry]) => ({ key, value: entry })),
    }),
  );
  if (stored === value.name) return;
  const to = attribute('to', 'int', onnxTypeOf[value.dtype]);
  casts.push(
    create(NodeProtoSchema, {
      opType: 'Cast',
      name: `${value.name}:cast`,
      input: [stored],
      output: [value.name],
      attribute: [to],
    }),
  );
}

function constantTensor({ value, data }: Constant): TensorProto {
  return create(TensorProtoSchema, {
    name: value.name,
    dims: (value.shape as readonly number[]).map(BigInt),
    dataType: onnxTypeOf[value.dtype],
    rawData: bytesOf(data),
  });
}

function bytesOf(data: Constant['data']): Uint8Array<ArrayBuffer> {
  return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
}

function nodeProto({ operator, inputs, outputs, attributes }: Node): NodeProto {
  return create(NodeProtoSchema, {
    opType: operator.type,
    domain: operator.domain,
    name: outputs[0]!.name,
    input: inputs.map((value) => value?.name ?? ''),
    output: outputs.map((value) => value.name),
    attribute: Object.entries(operator.attributes).flatMap(([name, kind]) => {
      const value = attributes[name];
      return value === undefined ? [] : [attribute(name, kind, value)];
    }),
  });
}

function attribute(name: string, kind: AttributeKind, value: unknown) {
  const type = AttributeProto_AttributeType;
  switch (kind) {
    case 'int':
      return create(AttributeProtoSchema, { name, type: type.INT, i: BigInt(value as number) });
    case 'float':
      return create(AttributeProtoSchema, { name, type: type.FLOAT, f: value as number });
    case 'string':
      return create(AttributeProtoSchema, {
        name,
        type: type.STRING,
        s: new TextEncoder().encode(value as string),
      });
    case 'ints':
      return create(AttributeProtoSchema, {
        name,
        type: type.INTS,
        ints: (value as readonly number[]).map(BigInt),
      });
  }
}

/** Outputs carry the caller's names, whatever their values are called inside. */
function outputNodes(outputs: Readonly<Record<string, Value>>): NodeProto[] {
  return Object.entries(outputs).map(([name, value]) =>
    create(NodeProtoSchema, {
      opType: 'Identity',
      name: `${name}:output`,
      input: [value.name],
      output: [name],
    }),
  );
}

function valueInfo(name: string, dtype: DType, shape: readonly Dim[]) {
  const dim = shape.map((size) => ({
    value:
      typeof size === 'number'
        ? { case: 'dimValue' as const, value: BigInt(size) }
        : { case: 'dimParam' as const, value: size },
  }));
  const tensorType = { elemType: onnxTypeOf[dtype], shape: { dim } };
  const type = create(TypeProtoSchema, { value: { case: 'tensorType', value: tensorType } });
  return create(ValueInfoProtoSchema, { name, type });
}
