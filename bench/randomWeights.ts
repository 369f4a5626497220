/**
 * Weights files of real size with meaningless content, so that speed and memory can be measured without a download.
 */
import { float32ToHalf } from '../src/checkpoint/half.ts';
import { type TensorToWrite, writeSafetensors } from '../src/checkpoint/safetensorsWriter.ts';
import { torchGenerator } from '../src/random/torch.ts';

/**
 * Writes tensors of these names and shapes. All are views of one block of normal numbers (standard deviation
 * 0.02, as models are initialised), so the memory it takes is that of the largest tensor. No two begin at the same
 * place: the engine would keep equal ones only once. With `neutralNorms` the weights of layer norms are 1 and all biases
 * 0, as before training.
 */
export async function writeRandomTensors(
  path: string,
  shapes: readonly (readonly [name: string, shape: readonly number[]])[],
  dtype: 'F32' | 'F16',
  { seed = 1, neutralNorms = false } = {},
): Promise<void> {
  const sizes = shapes.map(([, shape]) => shape.reduce((a, b) => a * b, 1));
  const floats = torchGenerator(seed).randn([Math.max(...sizes) + sizes.length]);
  const block = floats.map((value) => 0.02 * value);
  const elements = dtype === 'F16' ? float32ToHalf(block) : block;
  const tensors = shapes.map(([name, shape], i): TensorToWrite => {
    if (neutralNorms && shape.length === 1) {
      const values = new Float32Array(sizes[i] as number).fill(name.endsWith('.weight') ? 1 : 0);
      return { name, dtype, shape, data: values };
    }
    return { name, dtype, shape, data: elements.subarray(i, i + (sizes[i] as number)) };
  });
  await writeSafetensors(path, tensors);
}
