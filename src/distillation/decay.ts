/**
 * Which parameters weight decay applies to, by their Hugging Face names.
 */

/**
 * `original` is the rule of the original training script, taken from transformers' examples: RoBERTa's LayerNorm weights
 * do not decay, but CLIP calls its norms `layer_norm1`, `layer_norm2` and `final_layer_norm`, so theirs do.
 * `no_layernorm` is what was meant: no norm decays, whatever the model calls it.
 */
export type DecayRule = 'original' | 'no_layernorm';

const original = ['bias', 'LayerNorm.bias', 'LayerNorm.weight'];

/** A parameter does not decay if its name contains one of these. */
const exempt: Readonly<Record<DecayRule, readonly string[]>> = {
  original,
  no_layernorm: [...original, 'layer_norm', 'layernorm'],
};

/** Does weight decay apply to the parameter called `name`? */
export function decays(name: string, rule: DecayRule): boolean {
  return !exempt[rule].some((part) => name.includes(part));
}
