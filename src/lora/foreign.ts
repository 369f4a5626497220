/**
 * Which other model a LoRA was made for, so that the refusal can name it.
 */
import type { TensorEntry } from '../checkpoint/tensorEntry.ts';

/** Keys that only LoRAs of these models have. */
const marks: readonly (readonly [RegExp, string])[] = [
  [/^lora_te[12]_|^text_encoder_2\.|^lora_unet_label_emb/, 'Stable Diffusion XL'],
  [/(^|[._])(double_blocks|single_blocks|single_transformer_blocks)[._]/, 'FLUX'],
  [/(^|[._])joint_blocks[._]|^lora_te3_|^text_encoder_3\./, 'Stable Diffusion 3'],
  [/^(lora_)?transformer[._]|^diffusion_model\.(layers|blocks)\./, 'a diffusion transformer'],
  [/(^|[._])transformer_blocks[._][1-9]\d*[._]/, 'Stable Diffusion XL'],
  [/^(lora_te_|text_encoder\.)text_model[._]encoder[._]layers[._](1[2-9]|2\d)[._]/, 'Stable Diffusion 2.x'],
];

/** By the width of the text encoder's states, which the cross attentions read. */
const modelOfWidth: Readonly<Record<number, string>> = {
  768: 'Stable Diffusion 1.x',
  1024: 'Stable Diffusion 2.x',
  2048: 'Stable Diffusion XL',
};

/** The model that has a layer of this key, as this one has none; undefined where the key does not tell. */
export function modelOfKey(key: string): string | undefined {
  return marks.find(([mark]) => mark.test(key))?.[1];
}

/** The model whose texts a cross attention reads, by the first factor of its LoRA. */
export function modelOfShape(layer: string, { shape }: TensorEntry): string | undefined {
  return /\.attn2\.to_[kv]$/.test(layer) && shape.length === 2 ? modelOfWidth[shape[1] as number] : undefined;
}
