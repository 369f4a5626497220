/**
 * An experiment that a client sends as YAML: its fields, and what of this machine it may name.
 */
import { realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import { type Experiment, parseExperiment } from '../../distillation/experiment.ts';
import { ConfigError } from '../../errors.ts';
import { FieldError } from '../errors.ts';

export interface ReadingOptions {
  /** What relative paths are relative to. */
  readonly folder: string;
  /** Folders that paths may lead into. */
  readonly roots: readonly string[];
}

const remedy = 'Correct the experiment; docs/experiments.md has its fields.';

/** Throws FieldError naming the field that is wrong. */
export async function readExperimentText(
  text: string,
  { folder, roots }: ReadingOptions,
): Promise<Experiment> {
  const experiment = parsed(text, folder);
  // It becomes the name of a folder, of which those with a dot are hidden, or are the folder above.
  if (experiment.name.startsWith('.')) throw wrong('name', 'must not begin with a dot');
  const allowed = await Promise.all(roots.map(realPath));
  for (const [field, path] of pathsOf(experiment)) {
    const real = await realPath(path);
    if (!allowed.some((root) => lies(real, root))) throw outside(field, folder, path);
  }
  return experiment;
}

function parsed(text: string, folder: string): Experiment {
  try {
    return parseExperiment(text, join(folder, 'sent.yaml'));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { cause } = error;
    if (!(cause instanceof z.ZodError)) throw wrong('text', `is no YAML: ${(cause as Error).message}`, error);
    const issue = cause.issues[0]!;
    const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]!] : issue.path;
    throw wrong(path.join('.') || 'text', issue.message, error);
  }
}

/** All that an experiment names in the file system, by field. */
function pathsOf({ teacher, student, corpus }: Experiment): [string, string][] {
  const start = ['teacher', 'random'].includes(student.start) ? undefined : student.start;
  const paths: [string, string | undefined][] = [
    ['teacher', teacher],
    ['student.start', start],
    ['student.tokenizer', student.tokenizer],
    ['corpus.pairs', corpus.pairs],
  ];
  return paths.filter((entry): entry is [string, string] => entry[1] !== undefined);
}

/** Without symbolic links, in as much of it as is there. */
async function realPath(path: string): Promise<string> {
  const whole = resolve(path);
  const above = dirname(whole);
  return realpath(whole).catch(async () =>
    above === whole ? whole : join(await realPath(above), basename(whole)),
  );
}

function lies(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function outside(field: string, folder: string, path: string): FieldError {
  return new FieldError(
    field,
    `${field}: ${relative(folder, path)} lies outside of the folders that this server works with.`,
    'Name something in them, or start the server with the folder that it lies in.',
  );
}

function wrong(field: string, what: string, cause?: Error): FieldError {
  return new FieldError(field, `${field}: ${what.replace(/[.\s]+$/, '')}.`, remedy, { cause });
}
