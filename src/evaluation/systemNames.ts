/**
 * Systems are told apart by their names, in tables as in files.
 */
import { InputError } from '../errors.ts';

/** Throws InputError if two have the same. */
export function checkNames(systems: readonly { readonly name: string }[]): void {
  const names = systems.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new InputError(`Two systems are called "${twice}".`, 'Give each a name of its own.');
}
