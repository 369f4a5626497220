/**
 * Weights files of real size with meaningless content, so that speed and memory can be measured without a download.
 */
import { float32ToHalf } from "../src/checkpoint/half.js";
import { writeSafetensors } from "../src/checkpoint/safetensorsWriter.js";
import { torchGenerator } from "../src/random/torch.js";
/**
 * Writes a tensor for every parameter of `graph`. All are views of one block of normal numbers (standard deviation
 * 0.02, as models are initialised), so the memory it takes is that of the largest tensor.
 */
export async function writeRandomWeights(path, graph, dtype) {
    const shapes = [...graph.parameters].map(([name, { shape }]) => [name, shape]);
    const sizes = shapes.map(([, shape]) => shape.reduce((a, b) => a * b, 1));
    const floats = torchGenerator(1).randn([Math.max(...sizes)]);
    const block = floats.map((value) => 0.02 * value);
    const elements = dtype === 'F16' ? float32ToHalf(block) : block;
    const tensors = shapes.map(([name, shape], i) => {
        return { name, dtype, shape, data: elements.subarray(0, sizes[i]) };
    });
    await writeSafetensors(path, tensors);
}
//# sourceMappingURL=randomWeights.js.map