/**
 * The names that LoRA files give to the layers of a model, and to the factors of each layer: the one table.
 *
 * kohya's names replace dots by underscores, which cannot be undone by rule (`to_out_0`, `time_emb_proj`): so all names of
 * all layers are made from the model's own, and a key is looked up among them. Knows no file and no tensor.
 */

/** A part of the model that can be changed. */
export type Part = 'unet' | 'textEncoder';

export interface Place {
  readonly part: Part;
  /** Name of the layer in the model, such as `mid_block.attentions.0.transformer_blocks.0.attn1.to_q`. */
  readonly layer: string;
}

/** Under which each part's layers are found; the last two are what diffusers' and PEFT's savers leave out at times. */
const prefixes: Readonly<Record<Part, { readonly kohya: string; readonly dotted: readonly string[] }>> = {
  unet: { kohya: 'lora_unet_', dotted: ['unet.', ''] },
  textEncoder: { kohya: 'lora_te_', dotted: ['text_encoder.', ''] },
};

/** Names before diffusers called a layer's LoRA as the layer: `[the layer's name ends so, the file says so]`. */
const formerNames: Readonly<Record<Part, readonly (readonly [RegExp, string])[]>> = {
  unet: [
    [/\.(to_[qkv])$/, '.processor.$1'],
    [/\.to_out\.0$/, '.processor.to_out'],
  ],
  textEncoder: [
    [/\.self_attn\.([qkv])_proj$/, '.self_attn.to_$1'],
    [/\.self_attn\.out_proj$/, '.self_attn.to_out'],
  ],
};

const underscored = (name: string): string => name.replaceAll('.', '_');

/**
 * All names that `layer` goes by in files, without the factor at the end. `ldm`: what CompVis calls it, in whose names
 * some tools write kohya's (`lora_unet_input_blocks_4_1_…`).
 */
export function layerNames({ part, layer }: Place, ldm?: string): string[] {
  const { kohya, dotted } = prefixes[part];
  const former = formerNames[part].flatMap(([end, name]) =>
    end.test(layer) ? [layer.replace(end, name)] : [],
  );
  return [
    kohya + underscored(layer),
    ...(ldm === undefined ? [] : [kohya + underscored(ldm)]),
    ...dotted.flatMap((prefix) => [layer, ...former].map((name) => prefix + name)),
  ];
}

/**
 * Ends of keys, and the role of the factor that they name. `$1` is taken from the key. Roles are the words of the forms:
 * lowRank.ts, hadamard.ts, kronecker.ts.
 */
const endings: readonly (readonly [end: RegExp, role: string])[] = [
  // kohya's sd-scripts and LyCORIS
  [/\.lora_(down|up|mid)\.weight$/, '$1'],
  [/\.(alpha)$/, '$1'],
  [/\.(hada_(?:w[12]_[ab]|t[12])|lokr_(?:w[12](?:_[ab])?|t2))$/, '$1'],
  // diffusers: `to_q_lora.down`, `to_q.lora.down`, `fc1.lora_linear_layer.down`
  [/(?:_lora|\.lora|\.lora_linear_layer)\.(down|up)\.weight$/, '$1'],
  // PEFT, with or without the adapter's name
  [/\.lora_A(?:\.[^.]+)?\.weight$/, 'down'],
  [/\.lora_B(?:\.[^.]+)?\.weight$/, 'up'],
  // DoRA of LyCORIS and of PEFT
  [/\.dora_scale$/, 'magnitude'],
  [/\.lora_magnitude_vector(?:\.[^.]+)?(?:\.weight)?$/, 'magnitude'],
];

/** What PEFT puts in front of everything. */
const wrapper = /^base_model\.model\./;

export interface Key {
  /** One of `layerNames`, if the file is for this model. */
  readonly layer: string;
  readonly role: string;
}

/** A key of a file as the name of a layer and the role of a factor; undefined where it ends like none. */
export function splitKey(key: string): Key | undefined {
  for (const [end, role] of endings) {
    const match = end.exec(key);
    if (!match) continue;
    return {
      layer: key.slice(0, match.index).replace(wrapper, ''),
      role: role.replace('$1', match[1] ?? ''),
    };
  }
  return undefined;
}
