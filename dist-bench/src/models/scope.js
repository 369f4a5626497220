/**
 * Where a model's parameters live: a graph and the prefix of the Hugging Face state dict that a layer stands under.
 *
 * Models ask for parameters by the names that the checkpoint has, so that a checkpoint loads as it is.
 */
import { parameter } from "../graph/graph.js";
export function rootScope(graph, tap = () => { }) {
    return { graph, path: '', tap };
}
/** The scope one or more levels down: `within(scope, 'encoder.layers', 3)` is `encoder.layers.3.` */
export function within(scope, ...names) {
    return { ...scope, path: `${scope.path}${names.join('.')}.` };
}
/** Shows the tap `output`, what the module of this scope computes, and returns it. */
export function record(scope, output) {
    scope.tap(scope.path.slice(0, -1), output);
    return output;
}
/** The parameter `name` of this scope. */
export function weight(scope, name, shape) {
    return parameter(scope.graph, scope.path + name, shape);
}
//# sourceMappingURL=scope.js.map