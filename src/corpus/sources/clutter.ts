/**
 * What systems and editors put beside files, and no corpus has.
 */

// `.` and `..` are places and no names.
const clutter = /^(?:\.(?!\.?$)|__MACOSX$|Thumbs\.db$|desktop\.ini$)/i;

/** Whether a name, or any folder in a path inside an archive, is hidden or clutter. */
export function isClutter(path: string): boolean {
  return path.split('/').some((part) => clutter.test(part));
}
