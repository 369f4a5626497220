/**
 * What the translations of other programs' APIs have in common: names of fields, and pictures as base64.
 */
import type { Job } from '../contract/job.ts';
import { FieldError } from '../errors.ts';
import type { Services } from '../services.ts';

/** What `work` gives; a field that it refuses is named as the other program names it. */
export async function renaming<Result>(
  names: Readonly<Record<string, string>>,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const name = error instanceof FieldError ? names[error.field] : undefined;
    if (name === undefined) throw error;
    const { problem, remedy } = error as FieldError;
    throw new FieldError(name, problem, remedy, { cause: error });
  }
}

/** The pictures of a job that drew some, as base64 of their files. */
export async function picturesOf({ gallery }: Services, { result }: Job): Promise<string[]> {
  const pictures = result?.kind === 'generate' ? result.pictures : [];
  const files = await Promise.all(pictures.map(({ id }) => gallery.read(id)));
  return files.map((file) => Buffer.from(file ?? []).toString('base64'));
}
