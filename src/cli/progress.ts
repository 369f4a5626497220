/**
 * Progress of long work on stderr: a bar that is drawn over in a terminal, now and then a line elsewhere.
 *
 * Knows nothing of the work. Stdout stays free for results.
 */
import { displayWidth, truncate } from './width.ts';

/** The part of a writable stream that progress needs; `process.stderr` has it. */
export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** What is counted, in the plural: "steps", "pairs", "장"; or how a number of ticks is written, such as bytes. */
export type Unit = string | ((ticks: number) => string);

export interface ProgressOptions {
  /** How many ticks make the whole. */
  readonly total: number;
  readonly label: string;
  readonly unit: Unit;
  /** Ticks of an earlier run that this one continues; they do not count into the rate. */
  readonly done?: number;
  readonly stream?: ProgressStream;
  /** Clock in milliseconds. */
  readonly now?: () => number;
}

export interface Progress {
  /** Another `count` (1) are done; `note` stands behind the numbers until the next one. */
  tick(count?: number, note?: string): void;
  /** A line that stays, above the bar. */
  note(text: string): void;
  /** Draws the end and leaves the line. Further calls do nothing. */
  stop(): void;
}

/** What is drawn at a moment. */
interface State {
  readonly label: string;
  readonly unit: Unit;
  readonly total: number;
  readonly done: number;
  /** Units a second; undefined until known. */
  readonly rate: number | undefined;
  readonly note: string;
}

const redrawMs = 100;
const lineEveryPart = 0.1;
const lineEveryMs = 30_000;
const longestBar = 28;
const shortestBar = 6;
const clearLine = '\r\x1b[2K';

/** Starts showing progress. Work that takes no tick shows nothing but its end. */
export function progress(options: ProgressOptions): Progress {
  const { label, unit, total, stream = process.stderr, now = Date.now } = options;
  const terminal = stream.isTTY === true && process.env['TERM'] !== 'dumb';
  const start = now();
  const before = options.done ?? 0;
  const rate = movingRate(start);
  let done = before;
  let note = '';
  let drawnAt = Number.NEGATIVE_INFINITY;
  let lineAt = start;
  let linePart = part(before, total);
  let stopped = false;

  const state = (): State => ({ label, unit, total, done, rate: rate.value(), note });
  const drawBar = () => stream.write(clearLine + barLine(state(), (stream.columns ?? 80) - 1));

  const show = (time: number) => {
    if (terminal) {
      if (time - drawnAt < redrawMs && done < total) return;
      drawnAt = time;
      drawBar();
    } else if (part(done, total) >= linePart + lineEveryPart - 1e-9 || time - lineAt >= lineEveryMs) {
      lineAt = time;
      linePart = part(done, total);
      stream.write(`${plainLine(state())}\n`);
    }
  };

  return {
    tick(count = 1, text) {
      if (stopped) return;
      const time = now();
      done += count;
      if (text !== undefined) note = text;
      rate.add(count, time);
      show(time);
    },
    note(text) {
      if (stopped) return;
      stream.write(terminal ? `${clearLine}${text}\n` : `${text}\n`);
      if (terminal && drawnAt > Number.NEGATIVE_INFINITY) drawBar();
    },
    stop() {
      if (stopped) return;
      stopped = true;
      const seconds = (now() - start) / 1000;
      stream.write(`${terminal ? clearLine : ''}${endLine(state(), done - before, seconds)}\n`);
    },
  };
}

/**
 * Ticks a second as an exponential moving average over about 20 seconds, corrected for its start at zero
 * (as Adam corrects its moments: Kingma and Ba, 2014).
 */
function movingRate(start: number) {
  const memoryMs = 20_000;
  let last = start;
  let pending = 0;
  let average = 0;
  let weight = 0;
  return {
    add(count: number, time: number): void {
      pending += count;
      if (time <= last) return;
      const keep = Math.exp(-(time - last) / memoryMs);
      average = keep * average + (1 - keep) * (pending / (time - last)) * 1000;
      weight = keep * weight + (1 - keep);
      last = time;
      pending = 0;
    },
    value: (): number | undefined => (weight > 0 ? average / weight : undefined),
  };
}

function part(done: number, total: number): number {
  return total > 0 ? Math.min(1, done / total) : 1;
}

function numbers({ unit, total, done, rate }: State): string {
  const count = partText(done, total, unit);
  if (rate === undefined || rate <= 0) return count;
  const left = done < total ? `, ${duration((total - done) / rate)} left` : '';
  return `${count}, ${rateText(rate, unit)}${left}`;
}

function percent({ done, total }: State): string {
  // Rounded down: 100% means that nothing is missing.
  return `${String(Math.floor(part(done, total) * 100)).padStart(3)}%`;
}

function plainLine(state: State): string {
  const behind = state.note === '' ? '' : `  ${state.note}`;
  return `${state.label} ${percent(state)}  ${numbers(state)}${behind}`;
}

/** One line of at most `width` columns. The bar shrinks first, then the note is cut, then the rest. */
function barLine(state: State, width: number): string {
  const free = width - displayWidth(plainLine(state)) - 1;
  const bar = Math.min(longestBar, Math.max(shortestBar, free));
  const behind = state.note === '' ? '' : `  ${state.note}`;
  const full = Math.round(part(state.done, state.total) * bar);
  const drawn = '█'.repeat(full) + '░'.repeat(bar - full);
  return truncate(`${state.label} ${drawn} ${percent(state)}  ${numbers(state)}${behind}`, width);
}

function endLine({ label, unit, total, done, note }: State, counted: number, seconds: number): string {
  const count = done < total ? partText(done, total, unit) : amountText(done, unit);
  const speed = seconds > 0 && counted > 0 ? ` (${rateText(counted / seconds, unit)})` : '';
  return `${label}  ${count} in ${duration(seconds)}${speed}${note === '' ? '' : `  ${note}`}`;
}

function amountText(count: number, unit: Unit): string {
  return typeof unit === 'function' ? unit(count) : `${count} ${unit}`;
}

function partText(done: number, total: number, unit: Unit): string {
  return `${typeof unit === 'function' ? unit(done) : done}/${amountText(total, unit)}`;
}

/** "12.3 steps/s", or "14.6 steps/min" for slow work. */
function rateText(rate: number, unit: Unit): string {
  if (typeof unit === 'function') return `${unit(rate)}/s`;
  return rate < 0.5 ? `${digits(rate * 60)} ${unit}/min` : `${digits(rate)} ${unit}/s`;
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}

/** "0:07", "12:34", "1:02:03". */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
