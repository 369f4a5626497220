import { expect, it } from 'vitest';
import { type Store, stored } from './stored.ts';

function memory(kept: Record<string, string> = {}): Store & { kept: Record<string, string> } {
  return {
    kept,
    getItem: (name) => kept[name] ?? null,
    setItem: (name, value) => {
      kept[name] = value;
    },
  };
}

it('is after a reload what it was before', () => {
  const store = memory();
  stored('form', { prompt: '', without: [] as string[] }, store).value = {
    prompt: '빨간 사과',
    without: ['clip'],
  };
  expect(stored('form', { prompt: '', without: [] as string[] }, store).value).toEqual({
    prompt: '빨간 사과',
    without: ['clip'],
  });
});

it('takes of what another version kept only the fields that fit', () => {
  const store = memory({ 'ksd:form': JSON.stringify({ prompt: 'a', steps: 5, gone: true, without: {} }) });
  expect(stored('form', { prompt: '', steps: '', without: ['x'] }, store).value).toEqual({
    prompt: 'a',
    steps: '',
    without: ['x'],
  });
});

it('starts anew where what was kept is broken, and works on where nothing can be kept', () => {
  expect(stored('form', 'first', memory({ 'ksd:form': '{' })).value).toBe('first');
  const full: Store = {
    getItem: () => null,
    setItem: () => {
      throw new Error('QuotaExceededError');
    },
  };
  const value = stored('form', 'first', full);
  value.value = 'second';
  expect(value.value).toBe('second');
});
