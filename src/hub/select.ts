/**
 * Which files of a repository this project reads. Pure: decides on names and on the file that says what kind of model
 * it is.
 */
import type { JsonObject } from '../checkpoint/json.ts';
import { shownJson, shownText } from '../checkpoint/shown.ts';
import { usualNames } from '../checkpoint/weights.ts';
import { encoderTypes } from '../encoders/family.ts';
import { HubError } from '../errors.ts';
import { tokenizerFileNames } from '../text/load.ts';
import type { RepoFile } from './repo.ts';

export interface Wanted {
  /** Half-precision weights before full ones. */
  readonly fp16?: boolean;
  /** The safety checker of a Stable Diffusion too. */
  readonly safetyChecker?: boolean;
}

/** What a folder of a model holds. */
interface Part {
  /** '' for the repository itself. */
  readonly folder: string;
  readonly files: readonly string[];
  readonly weights: boolean;
}

const pipelineParts: readonly Part[] = [
  { folder: 'scheduler', files: ['scheduler_config.json'], weights: false },
  { folder: 'tokenizer', files: tokenizerFileNames, weights: false },
  { folder: 'text_encoder', files: ['config.json'], weights: true },
  { folder: 'vae', files: ['config.json'], weights: true },
  { folder: 'unet', files: ['config.json'], weights: true },
];

const safetyParts: readonly Part[] = [
  { folder: 'feature_extractor', files: ['preprocessor_config.json'], weights: false },
  { folder: 'safety_checker', files: ['config.json'], weights: true },
];

/** A model of one part: a text encoder with its tokenizer, or TAESD. */
const singlePart: Part = { folder: '', files: tokenizerFileNames, weights: true };

/** diffusers' classes that we open by themselves. */
const singleClasses: readonly string[] = ['AutoencoderTiny'];

/** The file that says what a repository is, which is fetched last: a folder that has it is complete. */
export type KeyFile = 'model_index.json' | 'config.json';

/** Throws HubError where neither is there, naming checkpoints in one file that could be asked for instead. */
export function keyFileOf(id: string, files: readonly RepoFile[]): KeyFile {
  const paths = files.map(({ path }) => path);
  for (const key of ['model_index.json', 'config.json'] as const) if (paths.includes(key)) return key;
  const single = paths.filter((path) => /\.(safetensors|ckpt)$/.test(path)).map(shownText);
  throw new HubError(
    'unknown-model',
    `${id} has neither model_index.json (diffusers) nor config.json (transformers).`,
    single.length === 0
      ? 'Give the repository of a Stable Diffusion 1.x or of a text encoder.'
      : `For a checkpoint in one file give it with --file: ${single.slice(0, 5).join(', ')}${single.length > 5 ? ', …' : ''}.`,
    { subject: id },
  );
}

/**
 * The files to fetch, the key file last. `config` is the content of the key file.
 * Throws HubError for a model of another kind, or one without weights that we read.
 */
export function selectFiles(
  id: string,
  files: readonly RepoFile[],
  key: KeyFile,
  config: JsonObject,
  wanted: Wanted = {},
): RepoFile[] {
  const parts = key === 'model_index.json' ? partsOfPipeline(id, config, wanted) : partsOfModel(id, config);
  const names = new Map(files.map((file) => [file.path, file]));
  const found = parts.flatMap((part) => filesOf(id, names, part, wanted.fp16 === true));
  return [...found, names.get(key)!];
}

function partsOfPipeline(id: string, index: JsonObject, { safetyChecker = false }: Wanted): readonly Part[] {
  const has = (name: string) => Array.isArray(index[name]) && index[name][1] !== null;
  const missing = pipelineParts.map(({ folder }) => folder).filter((name) => !has(name));
  const strange = ['text_encoder_2', 'transformer', 'prior'].filter(has);
  if (missing.length > 0 || strange.length > 0) {
    const why = missing.length > 0 ? `it has no ${missing.join(', ')}` : `it has a ${strange.join(', ')}`;
    throw unknownModel(id, `it is a ${shownJson(index['_class_name'])}, and ${why}`);
  }
  if (!safetyChecker) return pipelineParts;
  if (has('safety_checker')) return [...pipelineParts, ...safetyParts];
  throw new HubError('no-file', `${id} has no safety checker.`, 'Leave out --safety-checker.', {
    subject: 'safety_checker',
  });
}

function partsOfModel(id: string, config: JsonObject): readonly Part[] {
  const { model_type: modelType, _class_name: className } = config;
  if (encoderTypes.includes(String(modelType)) || singleClasses.includes(String(className))) {
    return [singlePart];
  }
  throw unknownModel(id, `its config.json names the kind ${shownJson(modelType ?? className ?? null)}`);
}

function unknownModel(id: string, why: string): HubError {
  return new HubError(
    'unknown-model',
    `${id} is no model that this project knows: ${why}.`,
    `Give a Stable Diffusion 1.x, or a text encoder (${encoderTypes.join(', ')}); --file fetches any one file.`,
    { subject: id },
  );
}

function filesOf(
  id: string,
  names: ReadonlyMap<string, RepoFile>,
  { folder, files, weights }: Part,
  fp16: boolean,
): RepoFile[] {
  const at = (name: string) => names.get(folder === '' ? name : `${folder}/${name}`);
  const found = files.map(at).filter((file) => file !== undefined);
  if (found.length === 0 && folder !== '') throw incomplete(id, `${folder}/${files[0]}`);
  if (!weights) return found;
  const name = weightsOrder(fp16).find((usual) => at(usual));
  if (name === undefined) {
    throw incomplete(id, `weights in PyTorch's formats${folder === '' ? '' : ` in ${folder}`}`);
  }
  return [...found, ...shardsOf(id, names, at(name)!), at(name)!];
}

function incomplete(id: string, what: string): HubError {
  return new HubError('no-file', `${id} has no ${what}.`, 'Give another repository or revision of it.', {
    subject: what,
  });
}

/** As `openWeightsIn` looks for them, or those in half precision first. */
function weightsOrder(fp16: boolean): readonly string[] {
  return fp16 ? [...usualNames.filter(isHalf), ...usualNames.filter((name) => !isHalf(name))] : usualNames;
}

function isHalf(name: string): boolean {
  return name.includes('.fp16.');
}

/** The shards that an index names, by the names that Hugging Face's libraries give them; none for weights in one file. */
function shardsOf(id: string, names: ReadonlyMap<string, RepoFile>, { path }: RepoFile): RepoFile[] {
  const match = /^(.*)\.(safetensors|bin)\.index\.json$/.exec(path);
  if (match === null) return [];
  const [, stem = '', end = ''] = match;
  const shards = [...names.values()].filter((file) => {
    const middle = file.path.startsWith(`${stem}-`) ? file.path.slice(stem.length) : '';
    return /^-\d{5}-of-\d{5}\./.test(middle) && middle.endsWith(`.${end}`) && middle.split('.').length === 2;
  });
  const count = Number(/-of-(\d{5})\./.exec(shards[0]?.path ?? '')?.[1]);
  if (shards.length === count) return shards;
  throw incomplete(id, `complete set of shards for ${path}`);
}

/** Weights that `openWeightsIn` would prefer to `path`, in its folder. */
export function preferredTo(path: string): string[] {
  const cut = path.lastIndexOf('/') + 1;
  const rank = usualNames.indexOf(path.slice(cut));
  return usualNames.slice(0, Math.max(0, rank)).map((name) => path.slice(0, cut) + name);
}
