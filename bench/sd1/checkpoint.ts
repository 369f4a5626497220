/**
 * A whole Stable Diffusion v1.4 in one file, with random weights.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keysOf } from '../../src/checkpoint/ldm/testing/toSingleFile.ts';
import { v1Configs } from '../../src/checkpoint/ldm/v1.ts';
import { createGraph, type Graph, input } from '../../src/graph/graph.ts';
import { clipTextModel, parseClipTextConfig } from '../../src/models/clip.ts';
import { unet } from '../../src/models/unet.ts';
import { parseUNetConfig } from '../../src/models/unetConfig.ts';
import { decodeLatents, encodeMoments } from '../../src/models/vae.ts';
import { parseVaeConfig } from '../../src/models/vaeConfig.ts';
import { writeRandomTensors } from '../randomWeights.ts';

const configs = {
  textEncoder: { config: v1Configs.textEncoder },
  unet: { config: v1Configs.unet },
  vae: { config: v1Configs.vae },
};

/** Shapes of all parameters by part and name, as the models ask for them. */
function shapes(): Record<keyof typeof configs, Map<string, readonly number[]>> {
  const of = (build: (graph: Graph) => void) => {
    const graph = createGraph();
    build(graph);
    return new Map([...graph.parameters].map(([name, { shape }]) => [name, shape as readonly number[]]));
  };
  return {
    unet: of((graph) => {
      const config = parseUNetConfig(v1Configs.unet);
      unet(graph, config, {
        sample: input(graph, 'sample', 'float32', [1, 4, 64, 64]),
        timestep: input(graph, 'timestep', 'float32', [1]),
        encoderHiddenStates: input(graph, 'text', 'float32', [1, 77, 768]),
      });
    }),
    vae: of((graph) => {
      const config = parseVaeConfig(v1Configs.vae);
      decodeLatents(graph, config, input(graph, 'latents', 'float32', [1, 4, 8, 8]));
      encodeMoments(graph, config, input(graph, 'picture', 'float32', [1, 3, 64, 64]));
    }),
    textEncoder: of((graph) => {
      const inputIds = input(graph, 'ids', 'int64', [1, 77]);
      clipTextModel(graph, parseClipTextConfig(v1Configs.textEncoder), { inputIds });
    }),
  };
}

/** Writes the checkpoint, and for Python which key of it is which parameter. */
export async function writeCheckpoint(
  folder: string,
  dtype: 'F32' | 'F16',
): Promise<{ path: string; names: string }> {
  const [path, names] = [join(folder, 'sd1.safetensors'), join(folder, 'names.json')];
  const known = shapes();
  const keys = keysOf(configs);
  await writeRandomTensors(
    path,
    keys.map(({ part, key, name }) => [key, known[part].get(name) as readonly number[]] as const),
    dtype,
  );
  const byPart = Object.fromEntries(Object.keys(configs).map((part) => [part, {} as Record<string, string>]));
  for (const { part, key, name } of keys) byPart[part]![name] = key;
  await writeFile(names, JSON.stringify(byPart));
  return { path, names };
}
