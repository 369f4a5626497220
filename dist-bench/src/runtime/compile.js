/**
 * From a graph to a session that runs it, with its weights left in their files.
 */
import { bindExternal, weightsFolder } from "../checkpoint/bind.js";
import { serialize } from "../graph/serialize.js";
/**
 * A session that computes `outputs`. Parameters come from `weights`, or are fed at every run when there are none.
 * Throws CheckpointError for a missing tensor or a wrong shape, RuntimeError if the engine refuses the graph.
 */
export async function compile(runtime, graph, outputs, weights) {
    if (!weights)
        return runtime.open({ bytes: serialize(graph, { outputs, bind: () => ({ kind: 'input' }) }) });
    const bytes = serialize(graph, { outputs, bind: bindExternal(weights) });
    return runtime.open({ bytes, weightsFolder: weightsFolder(weights) });
}
//# sourceMappingURL=compile.js.map