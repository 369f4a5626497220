/**
 * The syntax of weighted prompts, as users of AUTOMATIC1111's web UI write them. Knows no tokens.
 *
 *     prompt = { "(" prompt ")"              its weight times 1.1
 *              | "(" prompt ":" number ")"   its weight times the number
 *              | "[" prompt "]"              its weight divided by 1.1
 *              | "\" ( "(" | ")" | "[" | "]" | "\" )   the character itself
 *              | "BREAK"                     as a word of its own: what follows begins a new chunk
 *              | any other character }
 *
 * Whatever does not fit is text: a bracket that closes nothing, a colon without a number. A bracket that is never closed
 * holds to the end, with its usual weight.
 */

export interface WeightedText {
  readonly text: string;
  readonly weight: number;
}

const roundFactor = 1.1;
const squareFactor = 1 / 1.1;

/** Weights stay below, so that no prompt makes states that are not finite. */
const largestWeight = 1e6;

/** One symbol or a run of text; the group is the number of a weight. */
const symbols =
  /\\[()[\]\\]|[([\])]|:\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*\)|(?<![\p{L}\p{N}_])BREAK(?![\p{L}\p{N}_])|(?:(?!BREAK)[^\\()[\]:])+|[\s\S]/gu;

interface Bracket {
  /** As long as nothing else is said when it closes. */
  factor: number;
  /** Of all brackets of its kind around it, itself included. */
  product: number;
  readonly outer: Bracket | undefined;
}

interface Piece {
  readonly text: string;
  readonly round: Bracket | undefined;
  readonly square: Bracket | undefined;
}

/**
 * The prompt's pieces with their weights, in one list for each part between BREAKs. Neighbours of equal weight are one
 * piece; no piece is empty. Any text is a prompt: nothing is thrown.
 */
export function parsePrompt(prompt: string): WeightedText[][] {
  const parts: Piece[][] = [[]];
  const brackets: Bracket[] = [];
  // Round and square brackets are matched apart, as the web UI does: `(a [b) c]` weighs b by both.
  const rounds: Bracket[] = [];
  const squares: Bracket[] = [];
  const open = (stack: Bracket[], factor: number) => {
    const bracket = { factor, product: factor, outer: stack.at(-1) };
    stack.push(bracket);
    brackets.push(bracket);
  };
  const close = (stack: Bracket[], factor: number): boolean => {
    const bracket = stack.pop();
    if (bracket) bracket.factor = factor;
    return bracket !== undefined;
  };
  for (const [symbol, number] of prompt.matchAll(symbols)) {
    if (symbol === '(') open(rounds, roundFactor);
    else if (symbol === '[') open(squares, squareFactor);
    else if (symbol === 'BREAK') parts.push([]);
    else if (number !== undefined && close(rounds, Number(number))) continue;
    else if (symbol === ')' && close(rounds, roundFactor)) continue;
    else if (symbol === ']' && close(squares, squareFactor)) continue;
    else parts.at(-1)!.push({ text: unescaped(symbol), round: rounds.at(-1), square: squares.at(-1) });
  }
  // An outer bracket was opened first.
  for (const bracket of brackets) bracket.product = bracket.factor * (bracket.outer?.product ?? 1);
  return parts.map(joinNeighbours);
}

/** The text as a prompt that means nothing but it, unless it holds the word BREAK, for which there is no other spelling. */
export function escapePrompt(text: string): string {
  return text.replace(/[()[\]\\]/g, '\\$&');
}

function unescaped(symbol: string): string {
  return symbol.length === 2 && symbol.startsWith('\\') ? symbol.slice(1) : symbol;
}

function joinNeighbours(pieces: readonly Piece[]): WeightedText[] {
  const joined: { weight: number; texts: string[] }[] = [];
  for (const { text, round, square } of pieces) {
    const weight = bounded((round?.product ?? 1) * (square?.product ?? 1));
    const last = joined.at(-1);
    if (last?.weight === weight) last.texts.push(text);
    else joined.push({ weight, texts: [text] });
  }
  return joined.map(({ weight, texts }) => ({ text: texts.join(''), weight }));
}

function bounded(weight: number): number {
  // Infinity times 0, of numbers with hundreds of digits.
  if (Number.isNaN(weight)) return 0;
  return Math.min(largestWeight, Math.max(-largestWeight, weight));
}
