/**
 * The form of a drawing: what is typed, as text, and the request that comes of it. Pure but for the signal that keeps it.
 */
import type { GenerateRequest, JobRequestInput } from '../../../src/server/contract/drawing.ts';
import type { PictureParameters } from '../../../src/server/contract/gallery.ts';
import type { Names } from './names.ts';
import { stored } from './stored.ts';

/** Empty texts stand for the model's own values, an empty seed for a random one. */
export const emptyDrawForm = {
  prompt: '',
  negativePrompt: '',
  model: '',
  student: '',
  seed: '',
  steps: '',
  guidance: '',
  scheduler: '',
  width: '',
  height: '',
  count: '1',
};
export type DrawForm = typeof emptyDrawForm;
export type DrawField = keyof DrawForm;

export const drawForm = stored<DrawForm>('draw', emptyDrawForm);

export interface Limits {
  readonly steps: number;
  readonly count: number;
  readonly pixels: number;
}

export type FormErrors<F extends string> = Partial<Record<F, 'whole' | 'number' | 'range'>>;

const wholes = {
  seed: [0, Number.MAX_SAFE_INTEGER],
  steps: [1, 1000],
  width: [8, 4096],
  height: [8, 4096],
} as const;

/** The numbers of a form that a comparison has too. */
export function readNumbers<F extends Record<keyof typeof wholes | 'guidance', string>>(
  form: F,
  limits: Limits | undefined,
) {
  const errors: FormErrors<keyof typeof wholes | 'guidance'> = {};
  const values: { seed?: number; steps?: number; width?: number; height?: number; guidance?: number } = {};
  for (const name of ['seed', 'steps', 'width', 'height'] as const) {
    const [least, most] = name === 'steps' ? [1, limits?.steps ?? 1000] : wholes[name];
    const read = readWhole(form[name], least, most);
    if (typeof read === 'string') errors[name] = read;
    else if (read !== undefined) values[name] = read;
  }
  const guidance = form.guidance.trim() === '' ? undefined : Number(form.guidance);
  if (guidance !== undefined) {
    if (!Number.isFinite(guidance)) errors.guidance = 'number';
    else if (guidance < 0 || guidance > 100) errors.guidance = 'range';
    else values.guidance = guidance;
  }
  return { values, errors };
}

export function drawRequest(
  form: DrawForm,
  limits?: Limits,
): { readonly request?: JobRequestInput; readonly errors: FormErrors<DrawField> } {
  const { values, errors: numberErrors } = readNumbers(form, limits);
  const errors: FormErrors<DrawField> = { ...numberErrors };
  const count = readWhole(form.count, 1, limits?.count ?? 64);
  if (typeof count === 'string') errors.count = count;
  if (Object.keys(errors).length > 0) return { errors };
  const request: JobRequestInput = {
    kind: 'generate',
    prompt: form.prompt,
    negativePrompt: form.negativePrompt,
    ...values,
    ...named(form),
    ...(form.student ? { student: form.student } : {}),
    count: typeof count === 'number' ? count : 1,
    previewEvery: 1,
  };
  return { request, errors };
}

/** Names that were chosen, without those that were left to the server. */
export function named(form: { model: string; scheduler: string }): { model?: string; scheduler?: string } {
  return {
    ...(form.model ? { model: form.model } : {}),
    ...(form.scheduler ? { scheduler: form.scheduler } : {}),
  };
}

export function readWhole(text: string, least: number, most: number): number | undefined | 'whole' | 'range' {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  if (!/^\d+$/.test(trimmed)) return 'whole';
  const value = Number(trimmed);
  return value >= least && value <= most ? value : 'range';
}

/** The form that draws a picture again. */
export function formOf(parameters: PictureParameters): DrawForm {
  const text = (value: number | string | undefined) => (value === undefined ? '' : String(value));
  return {
    ...emptyDrawForm,
    prompt: parameters.prompt,
    negativePrompt: text(parameters.negativePrompt),
    model: text(parameters.model),
    student: text(parameters.student),
    seed: text(parameters.seed),
    steps: text(parameters.steps),
    guidance: text(parameters.guidance),
    scheduler: text(parameters.scheduler),
    width: text(parameters.width),
    height: text(parameters.height),
  };
}

/** What a job was asked for, as the form writes it. */
export function formOfRequest(request: GenerateRequest): DrawForm {
  const { seed, count, ...rest } = request;
  return {
    ...formOf({ ...rest, seed: seed === undefined ? undefined : String(seed) }),
    count: String(count),
  };
}

/** Names that this server does not have are left to it. */
export function knownNames(form: DrawForm, { models, students, samplers }: Names): DrawForm {
  const keep = (value: string, names: readonly string[]) => (names.includes(value) ? value : '');
  return {
    ...form,
    model: keep(form.model, models),
    student: keep(form.student, [...students, 'none']),
    scheduler:
      samplers.find(({ name, title }) => name === form.scheduler || title === form.scheduler)?.name ?? '',
  };
}
