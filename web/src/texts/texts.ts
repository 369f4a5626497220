/**
 * The texts of the reader's language, and how numbers, times and sizes are written in it.
 */
import { language } from '../state/settings.ts';
import { en, type Texts } from './en.ts';
import { ko } from './ko.ts';

/** In a component, a change of language draws it anew. */
export function t(): Texts {
  return language.value === 'en' ? en : ko;
}

const locale = () => (language.value === 'en' ? 'en' : 'ko');

export function number(value: number, digits = 0): string {
  return value.toLocaleString(locale(), { maximumFractionDigits: digits });
}

/** Three significant digits, as losses and rates are written. */
export function significant(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (value !== 0 && Math.abs(value) < 1e-3) return value.toExponential(1);
  return value.toLocaleString(locale(), { maximumSignificantDigits: 3 });
}

export function percent(part: number): string {
  return part.toLocaleString(locale(), { style: 'percent', maximumFractionDigits: part < 0.1 ? 1 : 0 });
}

export function dateTime(iso: string): string {
  return new Date(iso).toLocaleString(locale(), { dateStyle: 'medium', timeStyle: 'short' });
}

/** The two largest units: `3분 20초`. */
export function duration(seconds: number): string {
  const { unit } = t().common;
  const whole = Math.max(0, Math.round(seconds));
  const parts = [
    [Math.floor(whole / 86_400), unit.day],
    [Math.floor(whole / 3600) % 24, unit.hour],
    [Math.floor(whole / 60) % 60, unit.minute],
    [whole % 60, unit.second],
  ] as const;
  const first = parts.findIndex(([value]) => value > 0);
  if (first < 0) return `0${unit.second}`;
  const shown = parts.slice(first, first + 2).filter(([value]) => value > 0);
  return shown.map(([value, name]) => `${value}${name}`).join(' ');
}

export function bytes(size: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = size < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(size) / 3));
  return `${number(size / 1000 ** power, power > 2 ? 1 : 0)} ${units[power]}`;
}
