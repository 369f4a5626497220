/**
 * How an operator is defined, and how a node of it enters a graph.
 *
 * Everything about one operator stands in one definition: its ONNX type, the rule for its outputs' types and
 * shapes, and the rule for its gradient. A definition is made by `defineOperator` and used by `emit`; the public
 * face of an operator is a function named as the operator (`add(a, b)`).
 */
import { GraphError } from "../errors.js";
import { createValue, } from "./graph.js";
import { isFloat } from "./dtype.js";
import { formatShape } from "./shape.js";
/** An operator whose attributes have the type A. */
export function defineOperator(definition) {
    const attributes = (definition.attributes ?? {});
    return { domain: '', ...definition, attributes };
}
/** The shape rule of element-wise operators: the output is as the first input, which must be floating-point. */
export function asInput(type) {
    return ([x]) => {
        if (!isFloat(x.dtype))
            fail(type, 'needs a floating-point operand', [x]);
        return [{ dtype: x.dtype, shape: x.shape }];
    };
}
/** Adds a node to the graph of its inputs and returns its outputs. Optional inputs may be undefined. */
export function emit(operator, inputs, ...[attributes = {}]) {
    const graph = graphOf(operator.type, inputs);
    const types = operator.infer(inputs, attributes);
    const outputs = [];
    const node = { operator, inputs, outputs, attributes };
    const name = `${operator.type}_${graph.nodes.length}`;
    types.forEach(({ dtype, shape }, i) => {
        outputs.push(createValue(graph, i === 0 ? name : `${name}.${i}`, dtype, shape, node));
    });
    graph.nodes.push(node);
    return outputs;
}
/** The same for operators with one output. */
export function emitOne(operator, inputs, ...attributes) {
    return emit(operator, inputs, ...attributes)[0];
}
/** Throws unless the operands are in one graph, which is returned. */
function graphOf(type, inputs) {
    const graph = inputs.find((value) => value !== undefined)?.graph;
    if (!graph)
        throw new GraphError(`${type}: needs at least one operand.`);
    const stranger = inputs.find((value) => value && value.graph !== graph);
    if (stranger) {
        throw new GraphError(`${type}: ${stranger.name} belongs to another graph.`, 'Build both in one graph.');
    }
    return graph;
}
/** Throws the error of an operator whose operands do not fit: operator, reason, every operand's name and shape. */
export function fail(operator, reason, operands) {
    const list = operands
        .filter((value) => value !== undefined)
        .map((value) => `${value.name} ${value.dtype}${formatShape(value.shape)}`);
    throw new GraphError(`${operator}: ${reason}: ${list.join(', ')}.`);
}
//# sourceMappingURL=operator.js.map