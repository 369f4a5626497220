/** Figures of a result: of one that is there as a drawing and as a picture, the picture. Pure. */
export function oneOfEach(files: readonly string[]): string[] {
  return files.filter((file) => !file.endsWith('.svg') || !files.includes(file.replace(/svg$/, 'png')));
}
