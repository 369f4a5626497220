/** The form of a comparison, and the requests that come of it. */
import type { JobRequestInput } from '../../../src/server/contract/drawing.ts';
import { type FormErrors, type Limits, named, readNumbers } from './drawForm.ts';
import { stored } from './stored.ts';

export const emptyCompareForm = {
  ko: '',
  en: '',
  /** Students that were left out: new ones of a server are shown at once. */
  without: [] as string[],
  model: '',
  seed: '1',
  steps: '',
  guidance: '',
  scheduler: '',
  width: '',
  height: '',
};
export type CompareForm = typeof emptyCompareForm;

export const compareForm = stored<CompareForm>('compare', emptyCompareForm);

export function compareRequest(
  form: CompareForm,
  students: readonly string[],
  limits?: Limits,
): { readonly request?: JobRequestInput; readonly errors: FormErrors<string> } {
  const { values, errors } = readNumbers(form, limits);
  if (form.ko.trim() === '' || Object.keys(errors).length > 0) return { errors };
  const chosen = students.filter((name) => !form.without.includes(name));
  const request: JobRequestInput = {
    kind: 'compare',
    ko: form.ko.trim(),
    ...(form.en.trim() ? { en: form.en.trim() } : {}),
    ...values,
    ...named(form),
    ...(form.without.length > 0 ? { students: chosen } : {}),
  };
  return { request, errors };
}

/** Why a column of a comparison looks as it does: its prompt, drawn again by its encoder and looked into. */
export function diagnoseRequest(
  compared: { readonly ko: string; readonly en?: string | undefined; readonly seed?: number | undefined },
  student: string,
  settings: Readonly<Record<string, string | number | undefined>>,
): JobRequestInput {
  const kept = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  return {
    kind: 'diagnose',
    prompt: compared.ko,
    ...(compared.en ? { reference: compared.en } : {}),
    ...kept,
    student,
  };
}
