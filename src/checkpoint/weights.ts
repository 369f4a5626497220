/**
 * Opens the weights of a model, whatever their format: safetensors, PyTorch's own, or either one cut into shards.
 *
 * What a file is shows in its first bytes, not in its name. Knows no model.
 */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CheckpointError } from '../errors.ts';
import { unreadable, withFile } from './file.ts';
import { isJsonObject, readJsonObject } from './json.ts';
import { openSafetensors } from './safetensors.ts';
import { shownJson, shownText } from './shown.ts';
import type { TensorEntry, Weights } from './tensorEntry.ts';
import { openTorchFile } from './torchFile.ts';

/** The names under which Hugging Face's libraries save weights, the ones that we prefer first. */
export const usualNames: readonly string[] = [
  'diffusion_pytorch_model.safetensors',
  'diffusion_pytorch_model.safetensors.index.json',
  'model.safetensors',
  'model.safetensors.index.json',
  'diffusion_pytorch_model.bin',
  'diffusion_pytorch_model.bin.index.json',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
  'diffusion_pytorch_model.fp16.safetensors',
  'model.fp16.safetensors',
  'diffusion_pytorch_model.fp16.bin',
  'pytorch_model.fp16.bin',
];

const indexEnd = '.index.json';

/**
 * Opens a weights file, or the index of a sharded one; reads no tensor data.
 * Throws CheckpointError naming the file if it is missing, damaged or of another kind.
 */
export async function openWeights(path: string): Promise<Weights> {
  if (path.endsWith(indexEnd)) return openShards(path);
  switch (await formatOf(path)) {
    case 'safetensors':
      return openSafetensors(path);
    case 'torch':
      return openTorchFile(path);
    case 'pointer':
      throw new CheckpointError(
        `${path} is a Git LFS pointer, not the weights themselves.`,
        'Fetch them with `git lfs pull`, or download the file from its page.',
      );
    default:
      throw new CheckpointError(
        `${path} is neither a safetensors file nor a PyTorch state dict.`,
        'Give a .safetensors, .bin or .ckpt file, or the .index.json of a sharded one.',
      );
  }
}

/** Whether a folder is there and holds weights under one of their usual names. */
export async function hasWeights(folder: string): Promise<boolean> {
  const present = await readdir(folder).catch((): string[] => []);
  return usualNames.some((name) => present.includes(name));
}

/** Opens the weights in a model's folder, by their usual names: safetensors before .bin, full before fp16. */
export async function openWeightsIn(folder: string): Promise<Weights> {
  const present = await readdir(folder).catch((cause) => {
    throw unreadable(folder, cause);
  });
  const name = usualNames.find((usual) => present.includes(usual));
  if (name) return openWeights(join(folder, name));
  throw new CheckpointError(
    `${folder} holds no weights file.`,
    'It should hold model.safetensors, diffusion_pytorch_model.safetensors or the like.',
  );
}

type Format = 'safetensors' | 'torch' | 'pointer' | undefined;

/** By content; by name where the content is too short or too damaged to tell. */
async function formatOf(path: string): Promise<Format> {
  const start = await withFile(path, (file) => file.read(0, Math.min(16, file.size)));
  const text = start.toString('latin1');
  if (text[8] === '{') return 'safetensors';
  if (text.startsWith('PK') || text.startsWith('\x80\x02')) return 'torch';
  if (text.startsWith('version https://')) return 'pointer';
  if (path.endsWith('.safetensors')) return 'safetensors';
  return /\.(bin|pt|pth|ckpt)$/.test(path) ? 'torch' : undefined;
}

/** Whether `shard` can be the name of a file beside the index; messages repeat it, so it has nothing to hide. */
function isFileName(shard: unknown): shard is string {
  if (typeof shard !== 'string' || shard.endsWith(indexEnd)) return false;
  return !['', '.', '..'].includes(shard) && basename(shard) === shard && shownText(shard) === shard;
}

/** An index names the shard of every tensor, and shards lie beside it. */
async function openShards(path: string): Promise<Weights> {
  const wrong = (what: string) =>
    new CheckpointError(`${path} ${what}.`, 'Download all shards and their index again.');
  const { weight_map: shardOf } = await readJsonObject(path);
  if (!isJsonObject(shardOf)) throw wrong('is not the index of a sharded checkpoint: it has no weight_map');
  const shards = new Map<string, Weights>();
  const tensors = new Map<string, TensorEntry>();
  for (const [name, shard] of Object.entries(shardOf)) {
    if (!isFileName(shard)) {
      throw wrong(`gives ${shownJson(shard)} as the file of ${shownText(name)}`);
    }
    const weights = shards.get(shard) ?? (await openWeights(join(dirname(path), shard)));
    shards.set(shard, weights);
    const entry = weights.tensors.get(name);
    if (!entry) throw wrong(`says that ${shard} holds ${shownText(name)}, which it does not`);
    tensors.set(name, entry);
  }
  return { source: path, tensors, metadata: {} };
}
