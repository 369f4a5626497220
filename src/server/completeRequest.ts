/**
 * A request as it is run: every default filled in, every field checked against what is offered and what the server takes. The
 * one place that says no before a job is queued.
 */
import { randomInt } from 'node:crypto';
import { type Offered, type OfferedModel, type OfferedStudent, presetStudent } from '../catalog/offered.ts';
import { noStudent } from '../catalog/students.ts';
import { KsdError } from '../errors.ts';
import { checkSize } from '../generation/latents.ts';
import { samplerConfig } from '../schedulers/names.ts';
import type { GenerateRequest, JobRequest } from './contract/drawing.ts';
import { FieldError } from './errors.ts';
import { type Limits, largerUploads } from './limits.ts';
import { readPngField } from './png.ts';

export interface Terms {
  readonly offered: Offered;
  readonly limits: Limits;
}

/** Throws FieldError naming the field that cannot be served. */
export function completeRequest(request: JobRequest, terms: Terms): JobRequest {
  const { offered, limits } = terms;
  const model = findModel(offered, request.model);
  checkTexts(request, limits);
  const sent = request.kind === 'generate' ? checkPictures(request, limits) : undefined;
  const settings = {
    model: model.name,
    seed: request.seed ?? randomInt(2 ** 32),
    steps: request.steps ?? model.steps,
    guidance: request.guidance ?? model.guidance,
    scheduler: request.scheduler ?? model.scheduler,
    width: request.width ?? sent?.width ?? model.side,
    height: request.height ?? sent?.height ?? model.side,
  };
  checkSettings(settings, model, limits);
  if (request.kind === 'compare')
    return { ...request, ...settings, ...comparedStudents(request.students, model, offered) };
  const student = findStudent(offered, model, request.student);
  if (request.kind === 'diagnose') {
    if (request.negativePrompt !== '') {
      throw new FieldError('negativePrompt', 'A diagnosis has no negative prompt.', 'Leave it out.');
    }
    return { ...request, ...settings, student };
  }
  if (request.count > limits.count) throw above('count', request.count, limits.count);
  return { ...request, ...settings, student };
}

function checkTexts(request: JobRequest, { promptLength }: Limits): void {
  const texts: Record<string, string | undefined> =
    request.kind === 'compare'
      ? { ko: request.ko, en: request.en, negativePrompt: request.negativePrompt }
      : {
          prompt: request.prompt,
          negativePrompt: request.negativePrompt,
          reference: request.kind === 'diagnose' ? request.reference : undefined,
        };
  for (const [field, text] of Object.entries(texts)) {
    if (text === undefined || text.length <= promptLength) continue;
    throw new FieldError(
      field,
      `A text of ${text.length} characters is too long for this server.`,
      `Write at most ${promptLength}.`,
    );
  }
  if (request.kind === 'diagnose' && request.reference?.trim() === '') {
    throw new FieldError('reference', 'The reference says nothing.', 'Give the prompt in English, or none.');
  }
}

/** The size of the picture to start from, if there is one. */
function checkPictures(
  { initImage, mask, strength }: GenerateRequest,
  { pixels }: Limits,
): { width: number; height: number } | undefined {
  const most = largerUploads * pixels;
  if (initImage === undefined) {
    if (mask !== undefined)
      throw new FieldError('mask', 'There is a mask, but no picture.', 'Send initImage, too.');
    if (strength === undefined) return undefined;
    throw new FieldError('strength', 'There is no picture to start from.', 'Send initImage, or no strength.');
  }
  const { image } = readPngField('initImage', initImage, most);
  if (mask === undefined) return image;
  const { width, height } = readPngField('mask', mask, most).image;
  if (width === image.width && height === image.height) return image;
  throw new FieldError(
    'mask',
    `The mask has ${width}x${height} pixels, the picture ${image.width}x${image.height}.`,
    'Send a mask as large as the picture.',
  );
}

interface Settings {
  readonly steps: number;
  readonly scheduler: string;
  readonly width: number;
  readonly height: number;
}

function checkSettings(
  { steps, scheduler, width, height }: Settings,
  { factor }: OfferedModel,
  limits: Limits,
): void {
  if (steps > limits.steps) throw above('steps', steps, limits.steps);
  ofField('scheduler', () => samplerConfig({}, scheduler));
  ofField('width', () => checkSize({ width, height: factor }, factor));
  ofField('height', () => checkSize({ width: factor, height }, factor));
  if (width * height <= limits.pixels) return;
  throw new FieldError(
    'width',
    `A picture of ${width}x${height} pixels is too large for this server.`,
    `Ask for at most ${limits.pixels} pixels.`,
  );
}

function ofField(field: string, check: () => unknown): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof KsdError)) throw error;
    throw new FieldError(field, error.problem, error.remedy, { cause: error });
  }
}

function above(field: string, given: number, most: number): FieldError {
  return new FieldError(
    field,
    `${field} is ${given}, which is too many for this server.`,
    `Use ${most} at most.`,
  );
}

export function findModel({ models }: Offered, name: string | undefined): OfferedModel {
  const found = name === undefined ? models[0] : models.find((one) => one.name === name);
  if (found) return found;
  const names = models.map((one) => one.name).join(', ');
  throw new FieldError('model', `There is no model ${JSON.stringify(name)} here.`, `Choose one of ${names}.`);
}

/** The name that the job keeps. */
function findStudent(offered: Offered, model: OfferedModel, name: string | undefined): string {
  if (name === undefined) return presetStudent(offered, model)?.name ?? noStudent;
  return name === noStudent ? name : studentFor(offered, model, name, 'student').name;
}

function comparedStudents(
  names: readonly string[] | undefined,
  model: OfferedModel,
  offered: Offered,
): { students: string[] } {
  const all =
    names ??
    offered.students
      .filter(({ width }) => width === model.width)
      .slice(0, 8)
      .map(({ name }) => name);
  const chosen = all.map((name, i) => studentFor(offered, model, name, `students.${i}`).name);
  return { students: [...new Set(chosen)] };
}

function studentFor(offered: Offered, model: OfferedModel, name: string, field: string): OfferedStudent {
  const fitting = offered.students.filter(({ width }) => width === model.width);
  const found = offered.students.find((one) => one.name === name);
  const remedy = `Choose one of ${[...fitting.map((one) => one.name), noStudent].join(', ')}.`;
  if (!found) throw new FieldError(field, `There is no student ${JSON.stringify(name)} here.`, remedy);
  if (found.width === model.width) return found;
  const problem = `The student ${name} gives states of width ${found.width}, but ${model.name} reads ${model.width}.`;
  throw new FieldError(field, problem, remedy);
}
