/**
 * Numbers for people: sizes, counts and durations.
 */

/** "11.8 MB" of 10^6 bytes, as file managers and model pages count them; gigabytes from 1,000 on. */
export function megabytes(bytes: number): string {
  const mega = bytes / 1e6;
  return mega < 1000 ? `${mega.toFixed(1)} MB` : `${(mega / 1000).toFixed(2)} GB`;
}

/** "541 B", "12.3 kB", and as `megabytes` from there on. */
export function fileSize(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : megabytes(bytes);
}

/** "2.95 M" or "7,936". */
export function compact(count: number): string {
  return count < 1e6 ? count.toLocaleString('en-US') : `${(count / 1e6).toFixed(2)} M`;
}

/** "2.3", of milliseconds. */
export function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(1);
}
