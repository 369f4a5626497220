/**
 * What `--student` may name: a packaged student, a run (its best checkpoint), a checkpoint, or the folder of any text
 * encoder in Hugging Face layout.
 */
import { basename, join, resolve } from 'node:path';
import { openTextEncoder, type TextEncoder } from '../encoders/textEncoder.ts';
import { CheckpointError } from '../errors.ts';
import { t } from '../language.ts';
import type { Runtime } from '../runtime/session.ts';
import { pullHint } from './models.ts';
import { isFile, isPackagedModel, packagedStudent, packagedStudents } from './packaged.ts';

export interface StudentFolder {
  /** For people. */
  readonly name: string;
  /** Where `config.json` lies. */
  readonly folder: string;
}

/** The word that means the model's own text encoder. */
export const noStudent = 'none';

/** Throws CheckpointError if `given` names none of these. */
export async function findStudent(given: string): Promise<StudentFolder> {
  const path = resolve(given);
  if (await holdsEncoder(path)) return { name: nameOf(path), folder: path };
  for (const link of ['best', 'last']) {
    if (await holdsEncoder(join(path, link))) return { name: basename(path), folder: join(path, link) };
  }
  const packaged = packagedStudent(given);
  if (basename(given) === given && (await holdsEncoder(packaged))) return { name: given, folder: packaged };
  throw new CheckpointError(
    t(
      `${given}에는 학생 모델이 없습니다. 체크포인트가 있는 학습 폴더도, 텍스트 인코더 폴더도 아닙니다.`,
      `${given} is no student: neither a run with a checkpoint, nor the folder of a text encoder.`,
    ),
    await whatToGive(given, path),
  );
}

/** Instead of what lies at `path`. */
async function whatToGive(given: string, path: string): Promise<string> {
  if (await isFile(path)) {
    return t(
      '파일 말고 config.json과 가중치가 함께 들어 있는 폴더를 주세요.',
      'Give the folder that holds config.json and the weights, not a file.',
    );
  }
  const hint = await pullHint(given);
  if (hint !== undefined) return hint;
  const packaged = (await packagedStudents()).join(', ');
  return packaged === ''
    ? t(
        'runs/<이름> 같은 폴더를 주세요. `ksd distill <실험.yaml>`로 학습하면 생깁니다.',
        'Give a folder such as runs/<name>; `ksd distill <experiment.yaml>` makes one.',
      )
    : t(
        `runs/<이름> 같은 폴더나 내장 학생의 이름(${packaged})을 주세요.`,
        `Give a folder such as runs/<name>, or one of the packaged ones: ${packaged}.`,
      );
}

/**
 * The student for `given`, the value of `--student`. Without one, the packaged student goes with the packaged model,
 * and any other model keeps its own text encoder, as `none` does.
 */
export async function chooseStudent(
  given: string | undefined,
  model: string,
): Promise<StudentFolder | undefined> {
  if (given === noStudent) return undefined;
  if (given !== undefined) return findStudent(given);
  const [first] = isPackagedModel(model) ? await packagedStudents() : [];
  return first === undefined ? undefined : { name: first, folder: packagedStudent(first) };
}

/** The named ones; without names, the same default as for one. */
export async function chooseStudents(
  given: readonly string[] | undefined,
  model: string,
): Promise<StudentFolder[]> {
  if (given !== undefined) return Promise.all(given.filter((name) => name !== noStudent).map(findStudent));
  const preset = await chooseStudent(undefined, model);
  return preset ? [preset] : [];
}

/** Opens it under the name that people know it by. */
export async function openStudent(runtime: Runtime, { name, folder }: StudentFolder): Promise<TextEncoder> {
  return { ...(await openTextEncoder(runtime, folder)), name };
}

function holdsEncoder(folder: string): Promise<boolean> {
  return isFile(join(folder, 'config.json'));
}

/** A checkpoint of a run goes by the name of the run: runs/<name>/checkpoints/<step>, runs/<name>/best. */
function nameOf(folder: string): string {
  const parts = folder.split(/[\\/]/);
  if (parts.at(-2) === 'checkpoints') return `${parts.at(-3)}@${parts.at(-1)}`;
  if (['best', 'last'].includes(parts.at(-1) ?? '')) return parts.at(-2) ?? folder;
  return basename(folder);
}
