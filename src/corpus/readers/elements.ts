/**
 * Cuts a JSON text of any length into the elements of its array of records, `[...]` or `{"data": [...]}`, so that each
 * can be parsed on its own. Only frames: what is between the braces of an element is JSON.parse's concern.
 *
 * Takes the text in pieces cut anywhere. Where an element is broken so that its end cannot be found (a quote too few),
 * it is given up at the next place that looks like the beginning of another.
 */

export interface Elements {
  /** The elements that end within this piece. */
  push(text: string): string[];
  /** Elements that only the end of the text settles, and how the text ended. */
  end(): { readonly elements: string[]; readonly whole: boolean };
}

/** Characters in which an element must end; real ones have some thousands. */
const longest = 2 ** 20;

const quote = 0x22;
const comma = 0x2c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

export function splitElements(): Elements {
  let text = '';
  /** Up to where the text is scanned. */
  let at = 0;
  /** Where the element begins that is being scanned; -1 between elements. */
  let begin = -1;
  let depth = 0;
  /** `before` the array of records, in its object or at the root; `among` its elements; `after` it. */
  let phase: 'before' | 'among' | 'after' = 'before';

  /** Skips the string that begins at `at`; false if it does not end here. */
  const skipString = (): boolean => {
    for (let end = text.indexOf('"', at + 1); end >= 0; end = text.indexOf('"', end + 1)) {
      let escapes = 0;
      while (text.charCodeAt(end - 1 - escapes) === 0x5c) escapes++;
      if (escapes % 2 === 1) continue;
      at = end + 1;
      return true;
    }
    return false;
  };

  /** Looks for the array; keeps the text, since without one the whole is the only element. */
  const seek = (): void => {
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === quote) {
        if (!skipString()) return;
        at--;
      } else if (code === openBracket && depth <= 1) {
        // An array of something else (names, numbers) is passed by.
        const first = text.slice(at + 1).search(/\S/);
        if (first < 0) return;
        const next = text.charCodeAt(at + 1 + first);
        if (next === openBrace || depth === 0) {
          phase = 'among';
          at++;
          return;
        }
        depth++;
      } else if (code === openBracket || code === openBrace) depth++;
      else if (code === closeBracket || code === closeBrace) depth--;
    }
  };

  const scan = (found: string[]): void => {
    while (at < text.length) {
      const code = text.charCodeAt(at);
      if (code === quote) {
        if (begin < 0) begin = at;
        if (!skipString()) return;
        continue;
      }
      if (code === openBrace || code === openBracket) {
        if (begin < 0) {
          begin = at;
          depth = 0;
        }
        depth++;
      } else if (depth > 0 && (code === closeBrace || code === closeBracket)) {
        if (--depth === 0) {
          found.push(text.slice(begin, at + 1));
          begin = -1;
        }
      } else if (depth === 0 && (code === comma || code === closeBracket)) {
        if (begin >= 0) found.push(text.slice(begin, at).trim());
        begin = -1;
        if (code === closeBracket) {
          phase = 'after';
          return;
        }
      } else if (begin < 0 && code > 0x20 && code !== 0xfeff) begin = at;
      at++;
    }
  };

  const forget = (): void => {
    const from = begin < 0 ? at : begin;
    text = text.slice(from);
    at -= from;
    if (begin >= 0) begin = 0;
  };

  /** Gives up the element that has no end; false if no other begins after it. */
  const resume = (found: string[]): boolean => {
    const next = /\}\s*,\s*(?=\{)/.exec(text.slice(begin));
    if (next === null) return false;
    found.push(text.slice(begin, begin + next.index + 1));
    at = begin + next.index + next[0].length;
    begin = -1;
    depth = 0;
    return true;
  };

  const scanAll = (found: string[]): void => {
    if (phase === 'before') seek();
    if (phase === 'among') {
      scan(found);
      while (phase === 'among' && begin >= 0 && text.length - begin > longest && resume(found)) scan(found);
    }
    if (phase !== 'before') forget();
  };

  return {
    push(more) {
      const found: string[] = [];
      if (phase === 'after') return found;
      text += more;
      scanAll(found);
      return found;
    },
    end() {
      const found: string[] = [];
      if (phase === 'before') {
        const only = text.trim();
        return { elements: only === '' ? [] : [only], whole: true };
      }
      while (phase === 'among' && begin >= 0 && resume(found)) scan(found);
      return { elements: found, whole: phase === 'after' };
    },
  };
}
