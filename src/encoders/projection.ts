/**
 * A linear layer above a text encoder, for a student whose states are not as wide as what the U-Net reads. The names are
 * those of AltDiffusion's encoder (Chen et al., arXiv 2211.06679; RobertaSeriesModelWithTransformation of diffusers):
 * `project_dim` in config.json, `transformation.weight` [project_dim, hidden_size] and `transformation.bias`. CLIP's
 * `projection_dim` is something else: the width of a space that Stable Diffusion does not read.
 */
import { z } from 'zod';
import type { Value } from '../graph/graph.ts';
import { only, parseConfig } from '../models/config.ts';
import { linear } from '../models/layers.ts';
import { rootScope, within } from '../models/scope.ts';
import type { EncoderModel } from './model.ts';

const schema = z.looseObject({
  project_dim: z.int().positive().nullish(),
  has_pre_transformation: only(false),
});

const moduleName = 'transformation';

/** Is it a parameter of the projection? */
export function isProjection(parameter: string): boolean {
  return parameter.startsWith(`${moduleName}.`);
}

/** A config with the projection to `width`. */
export function projectTo(config: Readonly<Record<string, unknown>>, width: number) {
  return { ...config, project_dim: width };
}

/** The model with its projection, if its config has one. Throws ConfigError naming the key that does not fit. */
export function withProjection(model: EncoderModel, config: unknown, source: string): EncoderModel {
  const { project_dim: width } = parseConfig(schema, config, source);
  return width === undefined || width === null ? model : projected(model, width);
}

function projected(model: EncoderModel, width: number): EncoderModel {
  const { transformers, packed, ...own } = model;
  return {
    ...own,
    ...(packed ? { packed: projected(packed, width) } : {}),
    hiddenSize: width,
    projectedFrom: model.hiddenSize,
    build: (graph, length, options) => {
      const output = model.build(graph, length, options);
      const project = (states: Value) => linear(within(rootScope(graph), moduleName), states, width);
      const { readout = (state) => state } = output;
      return {
        ...output,
        lastHiddenState: project(output.lastHiddenState),
        pooledOutput: () => project(output.pooledOutput()),
        readout: (state) => project(readout(state)),
      };
    },
  };
}
