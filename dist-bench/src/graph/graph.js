/**
 * A computation as data: values, the nodes that make them, the inputs they start from.
 *
 * A graph only grows, and its nodes stand in an order in which they can run. It knows the form of an operator but no
 * operator, and nothing of models, files or engines.
 */
import { GraphError } from "../errors.js";
export function createGraph() {
    return {
        nodes: [],
        inputs: new Map(),
        parameters: new Map(),
        constants: new Map(),
        dimensions: new Map(),
        shared: new Map(),
    };
}
/** A new value of `graph`; every symbolic dimension seen for the first time becomes readable through it. */
export function createValue(graph, name, dtype, shape, node) {
    const value = node ? { graph, name, dtype, shape, node } : { graph, name, dtype, shape };
    shape.forEach((dim, axis) => {
        if (typeof dim === 'string' && !graph.dimensions.has(dim))
            graph.dimensions.set(dim, { value, axis });
    });
    return value;
}
/** A value that is fed at every run. */
export function input(graph, name, dtype, shape) {
    if (graph.inputs.has(name) || graph.parameters.has(name)) {
        throw new GraphError(`The graph has an input or parameter named ${name} already.`, 'Choose another name.');
    }
    const value = createValue(graph, name, dtype, shape);
    graph.inputs.set(name, value);
    return value;
}
/** A weight. Asking again for the same name gives the same value (tied weights); another shape is an error. */
export function parameter(graph, name, shape) {
    const known = graph.parameters.get(name);
    if (known) {
        if (known.shape.join() === shape.join())
            return known;
        throw new GraphError(`Parameter ${name} is used with shapes [${known.shape}] and [${shape}].`);
    }
    const value = createValue(graph, name, 'float32', shape);
    graph.parameters.set(name, value);
    return value;
}
/** A tensor that is part of the graph. Equal small constants are kept once. */
export function constant(graph, data, shape) {
    const dtype = dtypeOfData(data);
    const key = data.length <= 64 ? `${dtype}[${shape}]{${data.join()}}` : undefined;
    const known = key === undefined ? undefined : graph.constants.get(key);
    if (known)
        return known.value;
    const size = shape.reduce((n, dim) => n * dim, 1);
    if (size !== data.length) {
        throw new GraphError(`A constant of shape [${shape}] needs ${size} elements, not ${data.length}.`);
    }
    const name = `constant_${graph.constants.size}`;
    const value = createValue(graph, name, dtype, shape);
    graph.constants.set(key ?? name, { value, data });
    return value;
}
function dtypeOfData(data) {
    if (data instanceof Float32Array)
        return 'float32';
    if (data instanceof BigInt64Array)
        return 'int64';
    return data instanceof Int32Array ? 'int32' : 'bool';
}
/** A float32 constant of rank 0. */
export function scalar(graph, value) {
    return constant(graph, Float32Array.of(value), []);
}
/** An int64 constant of rank 1. */
export function ints(graph, values) {
    return constant(graph, BigInt64Array.from(values, BigInt), [values.length]);
}
/** What `make` gives, made once a graph for each key. */
export function shared(graph, key, make) {
    const known = graph.shared.get(key);
    if (known)
        return known;
    const value = make();
    graph.shared.set(key, value);
    return value;
}
//# sourceMappingURL=graph.js.map