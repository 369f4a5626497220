/**
 * `<lora:name:0.8>` in a prompt, as AUTOMATIC1111's web UI reads and writes it: the LoRAs that a picture is drawn with.
 * `<lora:name:0.5:0.8>`, or `te=0.5:unet=0.8`, gives text encoder and U-Net multipliers of their own. Knows no file.
 */
import { InputError } from '../errors.ts';

export interface LoraTag {
  readonly name: string;
  /** Of the U-Net's weights. */
  readonly multiplier: number;
  readonly textMultiplier: number;
}

/** `lyco` is what the tag of LoCon, LoHa and LoKr was called before one tag served all. */
const tagPattern = /<(?:lora|lyco):([^>]*)>/g;

/** The prompt without its tags, and what they say. Throws InputError for a tag that cannot be understood. */
export function takeLoraTags(prompt: string): {
  readonly prompt: string;
  readonly loras: readonly LoraTag[];
} {
  const loras = [...prompt.matchAll(tagPattern)].map(([tag, inner = '']) => readTag(tag, inner));
  if (loras.length === 0) return { prompt, loras };
  const rest = prompt.replaceAll(tagPattern, '').replaceAll(/ {2,}/g, ' ').trim();
  return { prompt: rest, loras };
}

function readTag(tag: string, inner: string): LoraTag {
  const [name = '', ...settings] = inner.split(':').map((part) => part.trim());
  const inOrder = settings.filter((part) => !part.includes('='));
  const named = new Map(settings.filter((part) => part.includes('=')).map(splitOnce));
  const text = numberOf(tag, named.get('te') ?? inOrder[0] ?? '1');
  const multiplier = numberOf(tag, named.get('unet') ?? inOrder[1] ?? named.get('te') ?? inOrder[0] ?? '1');
  if (name === '') throw notUnderstood(tag);
  return { name, multiplier, textMultiplier: text };
}

function splitOnce(setting: string): [name: string, value: string] {
  const at = setting.indexOf('=');
  return [setting.slice(0, at), setting.slice(at + 1)];
}

function numberOf(tag: string, text: string): number {
  const value = Number(text);
  if (text === '' || !Number.isFinite(value)) throw notUnderstood(tag);
  return value;
}

function notUnderstood(tag: string): InputError {
  return new InputError(`${tag} in the prompt cannot be understood.`, 'Write <lora:name:0.8>.');
}

/** The tag that says the same. */
export function loraTag({ name, multiplier, textMultiplier }: LoraTag): string {
  const settings = multiplier === textMultiplier ? [multiplier] : [textMultiplier, multiplier];
  return `<lora:${[name, ...settings].join(':')}>`;
}
