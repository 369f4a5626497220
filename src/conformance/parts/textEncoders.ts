/**
 * Checks CLIPTextModel and RobertaModel, every hidden state of them, against transformers.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openTextEncoder, type TextEncoderFiles } from '../../checkpoint/textEncoderFolder.ts';
import { createGraph, type Graph, input, type Value } from '../../graph/graph.ts';
import { clipTextModel, parseClipTextConfig } from '../../models/clip.ts';
import { biasOfMask, parseRobertaConfig, robertaModel, robertaPositionIds } from '../../models/roberta.ts';
import type { TextEncoderOutput } from '../../models/textEncoder.ts';
import { compile } from '../../runtime/compile.ts';
import { openRuntime } from '../../runtime/node.ts';
import type { Runtime } from '../../runtime/session.ts';
import { floatTensor, intTensor, type Tensor } from '../../runtime/tensor.ts';
import {
  type CaseResult,
  type GoldenPart,
  resultOf,
  type Tolerance,
  toleranceOf,
  worstError,
} from '../golden.ts';
import { type GoldenTensor, readCases, readTensors } from '../tensors.ts';

interface Case extends Partial<Tolerance> {
  readonly file: string;
  readonly model: string;
}

export const textEncodersPart: GoldenPart = {
  name: 'text_encoders',
  async *check(folder, device = 'cpu') {
    const { cases } = await readCases<{ cases: Case[] }>(folder);
    const variants = await variantsOf(folder, cases);
    const runtime = await openRuntime(device);
    for (const item of cases) {
      for (const model of [item.model, ...(variants.get(item.model) ?? [])]) {
        yield await checkCase(runtime, folder, item, model);
      }
    }
  },
};

/** What a case gives to the model; all other tensors are what must come out. */
const given = ['input_ids', 'attention_mask'];

/** Folders that no case names hold the weights of a model in another form: `<model>_<what differs>`. */
async function variantsOf(folder: string, cases: readonly Case[]): Promise<ReadonlyMap<string, string[]>> {
  const models = [...new Set(cases.map((item) => item.model))];
  const variants = new Map<string, string[]>();
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name === 'cases' || models.includes(entry.name)) continue;
    const owner = models.find((model) => entry.name.startsWith(`${model}_`));
    if (owner) variants.set(owner, [...(variants.get(owner) ?? []), entry.name]);
  }
  return variants;
}

async function checkCase(runtime: Runtime, folder: string, item: Case, model: string): Promise<CaseResult> {
  const encoder = await openTextEncoder(join(folder, model));
  const golden = await readTensors(join(folder, item.file));
  const ids = golden.get('input_ids');
  const mask = golden.has('attention_mask') ? golden.get('attention_mask') : undefined;
  const { graph, output, feeds } = build(encoder, ids, mask);
  const outputs: Record<string, Value> = { last_hidden_state: output.lastHiddenState };
  if (golden.has('pooler_output')) outputs['pooler_output'] = output.pooledOutput();
  output.hiddenStates.forEach((value, i) => {
    outputs[`hidden_states.${i}`] = value;
  });
  const session = await compile(runtime, graph, outputs, encoder.weights);
  const actual = await session.run(feeds);
  await session.dispose();
  const errors: Record<string, number> = {};
  for (const name of golden.names) {
    if (given.includes(name)) continue;
    const values = (actual[name]?.data as Float32Array | undefined) ?? [];
    errors[name] = worstError(values, golden.floats(name), toleranceOf(item));
  }
  return resultOf(model === item.model ? item.file : `${item.file} with ${model}`, errors);
}

function build(encoder: TextEncoderFiles, ids: GoldenTensor, mask: GoldenTensor | undefined) {
  const graph = createGraph();
  const [, length] = ids.shape as [number, number];
  const inputIds = input(graph, 'input_ids', 'int64', ['batch', length]);
  const feeds: Record<string, Tensor> = { input_ids: intTensor(ids.data, ids.shape) };
  const output = encoder.modelType === 'roberta' ? roberta() : clip();
  return { graph, output, feeds };

  function clip(): TextEncoderOutput {
    const config = parseClipTextConfig(encoder.config, encoder.configSource);
    if (!mask) return clipTextModel(graph, config, { inputIds });
    feeds['attention_mask'] = intTensor(mask.data, mask.shape);
    return clipTextModel(graph, config, { inputIds, attentionMask: maskInput(graph, length) });
  }

  function roberta(): TextEncoderOutput {
    const config = parseRobertaConfig(encoder.config, encoder.configSource);
    const positionIds = input(graph, 'position_ids', 'int64', ['batch', length]);
    feeds['position_ids'] = intTensor(robertaPositionIds(ids.data, length, config.padTokenId), ids.shape);
    if (!mask) return robertaModel(graph, config, { inputIds, positionIds });
    feeds['attention_bias'] = floatTensor(biasOfMask(mask.data), [ids.shape[0]!, 1, 1, length]);
    const attentionBias = input(graph, 'attention_bias', 'float32', ['batch', 1, 1, length]);
    return robertaModel(graph, config, { inputIds, positionIds, attentionBias });
  }
}

function maskInput(graph: Graph, length: number): Value {
  return input(graph, 'attention_mask', 'int64', ['batch', length]);
}
