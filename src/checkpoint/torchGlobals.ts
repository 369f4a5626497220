/**
 * The Python globals that a PyTorch checkpoint may name, one a line, and what this project takes each one for.
 * A checkpoint that names any other is refused (pickle.ts).
 *
 * Nothing of Python is run for any of them. The second half are no tensors: training code leaves such objects beside
 * the weights, and they are read over. Knows no file.
 */
import type { DType } from './dtype.ts';

/**
 * - a type of elements: the storage of a tensor;
 * - `tensor`: a call gives the tensor that storage, offset, shape and strides describe;
 * - `first`: a call gives its first argument;
 * - `dictionary`: a call gives a dictionary, empty or from the list of pairs that is the first argument;
 * - `emptyDictionary`: a call gives an empty dictionary whatever the arguments;
 * - `opaque`: a call gives an object of which nothing is known.
 */
export type Meaning = DType | 'tensor' | 'first' | 'dictionary' | 'emptyDictionary' | 'opaque';

export const torchGlobals: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['torch.FloatStorage', 'F32'],
  ['torch.HalfStorage', 'F16'],
  ['torch.BFloat16Storage', 'BF16'],
  ['torch.DoubleStorage', 'F64'],
  ['torch.LongStorage', 'I64'],
  ['torch.IntStorage', 'I32'],
  ['torch.ShortStorage', 'I16'],
  ['torch.CharStorage', 'I8'],
  ['torch.ByteStorage', 'U8'],
  ['torch.BoolStorage', 'BOOL'],
  ['torch._utils._rebuild_tensor', 'tensor'],
  ['torch._utils._rebuild_tensor_v2', 'tensor'],
  ['torch._utils._rebuild_parameter', 'first'],
  ['torch.Size', 'first'],
  ['collections.OrderedDict', 'dictionary'],
  // Textual inversion: its state says what it holds.
  ['torch.nn.modules.container.ParameterDict', 'emptyDictionary'],

  ['collections.defaultdict', 'emptyDictionary'],
  ['torch.nn.parameter.Parameter', 'opaque'],
  ['torch.device', 'opaque'],
  ['torch.float32', 'opaque'],
  ['torch.float16', 'opaque'],
  ['torch.bfloat16', 'opaque'],
  ['pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint', 'opaque'],
  ['numpy.core.multiarray.scalar', 'opaque'],
  ['numpy._core.multiarray.scalar', 'opaque'],
  ['numpy.core.multiarray._reconstruct', 'opaque'],
  ['numpy._core.multiarray._reconstruct', 'opaque'],
  ['numpy.dtype', 'opaque'],
  ['numpy.ndarray', 'opaque'],
  ['_codecs.encode', 'opaque'],
  ['__builtin__.set', 'opaque'],
  ['__builtin__.frozenset', 'opaque'],
  ['__builtin__.dict', 'opaque'],
  ['__builtin__.list', 'opaque'],
  ['__builtin__.int', 'opaque'],
  ['__builtin__.float', 'opaque'],
  ['builtins.set', 'opaque'],
  ['builtins.frozenset', 'opaque'],
  ['builtins.dict', 'opaque'],
  ['builtins.list', 'opaque'],
  ['builtins.int', 'opaque'],
  ['builtins.float', 'opaque'],
]);
