/**
 * PEFT does not write alpha as a tensor beside each layer but once into a config: adapter_config.json beside
 * adapter_model.safetensors, or, by diffusers' saver, JSON in the file's own metadata.
 */
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { isThere } from '../checkpoint/file.ts';
import { readJsonObject } from '../checkpoint/json.ts';
import type { Weights } from '../checkpoint/tensorEntry.ts';
import { CheckpointError } from '../errors.ts';
import type { Part, Place } from './names.ts';

/** The alpha of a layer of this rank; undefined where the config does not tell. */
export type Alphas = (place: Place, rank: number) => number | undefined;

const metadataKey = 'lora_adapter_metadata';

const schema = z.looseObject({
  lora_alpha: z.number().nullish(),
  /** By the end of the layer's name. */
  alpha_pattern: z.record(z.string(), z.number()).nullish(),
  use_rslora: z.boolean().nullish(),
});

type PeftConfig = z.infer<typeof schema>;

/** Throws CheckpointError naming the file whose config cannot be understood. */
export async function peftAlphas(weights: Weights): Promise<Alphas> {
  const { source, metadata } = weights;
  const inside = metadata[metadataKey];
  if (inside !== undefined) {
    const both = parsed(z.looseObject({}), jsonOf(inside, source), source);
    const config = (prefix: string) =>
      parsed(
        schema,
        Object.fromEntries(
          Object.entries(both).flatMap(([key, value]) =>
            key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [],
          ),
        ),
        source,
      );
    const configs: Record<Part, PeftConfig> = { unet: config('unet.'), textEncoder: config('text_encoder.') };
    return ({ part, layer }, rank) => alphaOf(configs[part], layer, rank);
  }
  const path = join(dirname(source), 'adapter_config.json');
  if (!basename(source).startsWith('adapter_model.') || !(await isThere(path))) return () => undefined;
  const config = parsed(schema, await readJsonObject(path), path);
  return ({ layer }, rank) => alphaOf(config, layer, rank);
}

/** Rank-stabilised LoRA (Kalajdzievski, arXiv 2312.03732) divides by the root of the rank. */
function alphaOf({ lora_alpha, alpha_pattern, use_rslora }: PeftConfig, layer: string, rank: number) {
  const special = Object.entries(alpha_pattern ?? {}).find(([end]) => `.${layer}`.endsWith(`.${end}`));
  const alpha = special?.[1] ?? lora_alpha ?? undefined;
  return alpha !== undefined && use_rslora ? alpha * Math.sqrt(rank) : alpha;
}

function jsonOf(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw notUnderstood(source, `${metadataKey} is no JSON`);
  }
}

function parsed<T>(form: z.ZodType<T>, json: unknown, source: string): T {
  const result = form.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw notUnderstood(source, `${issue?.path.join('.')}: ${issue?.message}`);
}

function notUnderstood(source: string, what: string): CheckpointError {
  return new CheckpointError(
    `${source} tells the scale of a LoRA in a form that PEFT does not write: ${what}.`,
    'Save it again with PEFT or diffusers, or convert it to the form of kohya.',
  );
}
