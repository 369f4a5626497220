/** Names that the server knows. */
import type { System } from '../../../src/server/contract/system.ts';

export interface Names {
  readonly models: readonly string[];
  readonly students: readonly string[];
  /** A file names a sampler by its title. */
  readonly samplers: readonly { readonly name: string; readonly title: string }[];
}

export function namesOf(system: System | undefined): Names {
  const names = (list: readonly { name: string }[] | undefined) => (list ?? []).map(({ name }) => name);
  return {
    models: names(system?.models),
    students: names(system?.students),
    samplers: system?.samplers ?? [],
  };
}
