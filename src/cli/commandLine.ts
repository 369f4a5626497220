/**
 * The line that was typed, to be noted with what it made.
 */

/** `ksd` with its arguments, quoted where a shell would split or read them. */
export function commandLine(args: readonly string[]): string {
  return ['ksd', ...args.map(quoted)].join(' ');
}

function quoted(arg: string): string {
  return /^[\p{L}\p{N}_@%+=:,./-]+$/u.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`;
}
