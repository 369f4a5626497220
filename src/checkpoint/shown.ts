/**
 * How values out of a file stand in messages: cut short and without control characters, so that a damaged or hostile
 * file neither floods a terminal nor steers it.
 *
 * Knows no format.
 */
const mostCharacters = 160;
const mostSizes = 16;

/** What a terminal would obey rather than show: control characters, turns of the writing direction, half a pair. */
const unprintable = /[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]/gu;

/** `text` without control characters, cut after 160 characters. */
export function shownText(text: string): string {
  const start = text.slice(0, mostCharacters).replace(unprintable, '\uFFFD');
  return text.length > mostCharacters ? `${start}…` : start;
}

/** A value of a JSON file as JSON, cut as `shownText` does. Any depth of nesting will do. */
export function shownJson(value: unknown): string {
  try {
    return shownText(JSON.stringify(value) ?? 'undefined');
  } catch {
    // JSON.parse nests as deep as memory goes, JSON.stringify only as deep as the stack.
    return 'a value that is nested too deeply to show';
  }
}

/** A shape or the like, as in `[2, 3]`; of more than 16 sizes the first. */
export function shownSizes(sizes: readonly number[]): string {
  return `[${sizes.slice(0, mostSizes).join(', ')}${sizes.length > mostSizes ? ', …' : ''}]`;
}
