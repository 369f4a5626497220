/**
 * Paths as people read them in a list: the folder that they all lie in said once, and each without it.
 */

/** The folder of all paths, with the slash at its end; '' where they have none in common. */
export function commonFolder(paths: readonly string[]): string {
  const [first = '', ...others] = paths.map((path) => path.slice(0, path.lastIndexOf('/') + 1));
  let folder = first;
  while (!others.every((other) => other.startsWith(folder))) {
    folder = folder.slice(0, folder.lastIndexOf('/', folder.length - 2) + 1);
  }
  return folder;
}
