/**
 * A few fields of an experiment's YAML, read and changed in place, so that comments and order stay. Pure. Knows mappings
 * written in blocks, as the experiments of this project are; what it does not find it leaves alone.
 */

/** Fields that a form offers: where they stand in the file. */
export const experimentFields = {
  name: ['name'],
  epochs: ['training', 'epochs'],
  batchSize: ['training', 'batchSize'],
  learningRate: ['training', 'learningRate'],
} as const;
export type ExperimentField = keyof typeof experimentFields;

export function readField(text: string, field: ExperimentField): string | undefined {
  const found = find(text.split('\n'), experimentFields[field]);
  return found?.value;
}

export function writeField(text: string, field: ExperimentField, value: string): string {
  const lines = text.split('\n');
  const found = find(lines, experimentFields[field]);
  if (!found) return text;
  lines[found.line] = `${found.before}${value}${found.after}`;
  return lines.join('\n');
}

interface Found {
  readonly line: number;
  readonly before: string;
  readonly value: string;
  readonly after: string;
}

function find(lines: readonly string[], path: readonly string[]): Found | undefined {
  const [key, inner] = path.length === 1 ? [path[0], undefined] : path;
  const start = lines.findIndex((line) => line.startsWith(`${key}:`));
  if (start < 0) return undefined;
  if (inner === undefined) return split(lines[start] ?? '', start);
  for (let at = start + 1; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (/^\S/.test(line) && !line.startsWith('#')) return undefined;
    if (line.trimStart().startsWith(`${inner}:`)) return split(line, at);
  }
  return undefined;
}

/** `key: value # comment`; a comment may follow an empty value. */
function split(line: string, at: number): Found | undefined {
  const [, key, rest = ''] = /^(\s*[^:#]+:)(.*)$/.exec(line) ?? [];
  if (key === undefined) return undefined;
  const comment = rest.search(/\s+#/);
  const value = comment < 0 ? rest : rest.slice(0, comment);
  const after = comment < 0 ? '' : ` ${rest.slice(comment).trimStart()}`;
  return { line: at, before: `${key} `, value: value.trim(), after };
}
