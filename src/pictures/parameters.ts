/**
 * The text that tells how a picture was made, in the form that AUTOMATIC1111's web UI writes and reads:
 *
 *     a red apple
 *     Negative prompt: blurry
 *     Steps: 25, Sampler: UniPC, CFG scale: 5, Seed: 1, Size: 64x64, Model: emoji-sd
 *
 * It stands in a PNG text chunk with the keyword `parameters`. Knows no file format.
 */
import { InputError } from '../errors.ts';

/** Keyword of the PNG text chunk. */
export const parametersKeyword = 'parameters';

export interface GenerationParameters {
  readonly prompt: string;
  /** Empty when there was none. */
  readonly negativePrompt: string;
  readonly steps: number;
  readonly sampler: string;
  readonly cfgScale: number;
  readonly seed: number;
  readonly width: number;
  readonly height: number;
  readonly model?: string;
  /** Further settings by the name that they carry in the text, such as `Denoising strength`. */
  readonly extra?: Readonly<Record<string, string>>;
}

/** What a text said: other programs leave settings out. */
export type ParsedParameters = Partial<GenerationParameters> &
  Required<Pick<GenerationParameters, 'prompt' | 'negativePrompt' | 'extra'>>;

const negativeMark = 'Negative prompt:';

/** A setting: name, colon, then a JSON string or anything up to the next comma. */
const settingPattern = /\s*([\p{L}\p{N}_][\p{L}\p{N}_ \-/]*):\s*("(?:\\.|[^\\"])*"|[^,]*)(?:,|$)/uy;
const namePattern = /^[\p{L}\p{N}_][\p{L}\p{N}_ \-/]*$/u;

/** The last line is taken for settings when it holds at least so many, as the web UI does. */
const fewestSettings = 3;

/**
 * The parameters as text. Values with commas, colons, quotes or line breaks are written as JSON strings.
 *
 * The form has one ambiguity of old: a prompt with a line of its own that starts with `Negative prompt:`.
 *
 * @throws InputError when an extra setting's name has other characters than letters, digits, `_`, `-`, `/`, space
 */
export function formatParameters(parameters: GenerationParameters): string {
  const { prompt, negativePrompt, model, extra = {} } = parameters;
  const settings: [string, string][] = [
    ['Steps', String(parameters.steps)],
    ['Sampler', parameters.sampler],
    ['CFG scale', String(parameters.cfgScale)],
    ['Seed', String(parameters.seed)],
    ['Size', `${parameters.width}x${parameters.height}`],
    ...(model === undefined ? [] : [['Model', model] as [string, string]]),
    ...Object.entries(extra),
  ];
  const last = settings.map(([name, value]) => `${checkedName(name)}: ${quote(value)}`).join(', ');
  const negative = negativePrompt === '' ? [] : [`${negativeMark} ${negativePrompt}`];
  return [prompt, ...negative, last].join('\n');
}

/**
 * The parameters that a text holds. Never fails: a text of any other kind is a prompt and nothing else.
 * Settings that are no numbers where numbers belong are kept in `extra`.
 */
export function parseParameters(text: string): ParsedParameters {
  const end = text.lastIndexOf('\n');
  const settings = readSettings(text.slice(end + 1));
  if (settings.length < fewestSettings) return { ...splitPrompts(text), extra: {} };
  let known: Known = {};
  const extra: [string, string][] = [];
  for (const [name, value] of settings) {
    const field = readers.get(name)?.(value);
    if (field === undefined) extra.push([name, value]);
    else known = { ...known, ...field };
  }
  return { ...known, ...splitPrompts(text.slice(0, Math.max(0, end))), extra: Object.fromEntries(extra) };
}

function splitPrompts(text: string): { prompt: string; negativePrompt: string } {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => line.startsWith(negativeMark));
  if (at < 0) return { prompt: text, negativePrompt: '' };
  const negative = lines.slice(at).join('\n').slice(negativeMark.length);
  return { prompt: lines.slice(0, at).join('\n'), negativePrompt: negative.replace(/^ /, '') };
}

function readSettings(line: string): [name: string, value: string][] {
  const settings: [string, string][] = [];
  settingPattern.lastIndex = 0;
  while (settingPattern.lastIndex < line.length) {
    const match = settingPattern.exec(line);
    if (match === null) return settings;
    settings.push([match[1]!, unquote(match[2]!)]);
  }
  return settings;
}

type Known = Partial<GenerationParameters>;

/** The settings with a field of their own; undefined when the value is not of the field's kind. */
const readers = new Map<string, (value: string) => Known | undefined>([
  ['Steps', (value) => readNumber(value, (steps) => ({ steps }))],
  ['Sampler', (sampler) => ({ sampler })],
  ['CFG scale', (value) => readNumber(value, (cfgScale) => ({ cfgScale }))],
  ['Seed', (value) => readNumber(value, (seed) => ({ seed }))],
  ['Size', readSize],
  ['Model', (model) => ({ model })],
]);

function readNumber(value: string, field: (number: number) => Known): Known | undefined {
  const number = Number(value);
  return value.trim() !== '' && Number.isFinite(number) ? field(number) : undefined;
}

function readSize(value: string): Known | undefined {
  const match = /^(\d+)x(\d+)$/.exec(value);
  return match === null ? undefined : { width: Number(match[1]), height: Number(match[2]) };
}

function checkedName(name: string): string {
  if (namePattern.test(name)) return name;
  throw new InputError(
    `${JSON.stringify(name)} cannot name a setting of a picture.`,
    'Use letters, digits, spaces, "_", "-" and "/".',
  );
}

function quote(value: string): string {
  return /[,:"\n\r]|^\s|\s$/.test(value) ? JSON.stringify(value) : value;
}

function unquote(value: string): string {
  if (!(value.length > 1 && value.startsWith('"') && value.endsWith('"'))) return value;
  try {
    return JSON.parse(value) as string;
  } catch {
    return value;
  }
}
