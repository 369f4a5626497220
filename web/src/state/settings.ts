/**
 * What this reader chose: language and colours, kept from visit to visit.
 */
import { effect } from '@preact/signals';
import { stored } from './stored.ts';

export type Language = 'ko' | 'en';
export type Theme = 'system' | 'light' | 'dark';

export const language = stored<Language>('language', 'ko');
export const theme = stored<Theme>('theme', 'system');

/** Tells the document, whose style follows. */
export function applySettings(): void {
  effect(() => {
    document.documentElement.lang = language.value;
  });
  effect(() => {
    document.documentElement.dataset['theme'] = theme.value;
  });
}

export function nextTheme(current: Theme, systemIsDark: boolean): Theme {
  const dark = current === 'dark' || (current === 'system' && systemIsDark);
  return dark ? 'light' : 'dark';
}
