/**
 * Signals that outlive a reload: their value is kept in the browser's storage.
 */
import { effect, type Signal, signal } from '@preact/signals';

/** What a page may keep things in; `localStorage`, or a stand-in. */
export type Store = Pick<Storage, 'getItem' | 'setItem'>;

const PREFIX = 'ksd:';

/** The browser's storage, or one that forgets where the browser forbids it. */
export function browserStore(): Store {
  try {
    localStorage.getItem(PREFIX);
    return localStorage;
  } catch {
    const kept = new Map<string, string>();
    return {
      getItem: (name) => kept.get(name) ?? null,
      setItem: (name, value) => void kept.set(name, value),
    };
  }
}

/** `initial`, or what was kept: of an object only the fields that `initial` has, of the same type. */
export function stored<T>(name: string, initial: T, store: Store = browserStore()): Signal<T> {
  const value = signal(merged(initial, parse(store.getItem(PREFIX + name))));
  effect(() => {
    const text = JSON.stringify(value.value);
    try {
      store.setItem(PREFIX + name, text);
    } catch {
      // Storage is full: the page works on, it only forgets.
    }
  });
  return value;
}

function parse(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function merged<T>(initial: T, kept: unknown): T {
  if (kept === undefined || kept === null || typeof kept !== typeof initial) return initial;
  if (typeof initial !== 'object' || initial === null || Array.isArray(initial)) return kept as T;
  const entries = Object.entries(initial).map(([name, value]) => {
    const other = (kept as Record<string, unknown>)[name];
    const fits = typeof other === typeof value && Array.isArray(other) === Array.isArray(value);
    return [name, fits ? other : value];
  });
  return Object.fromEntries(entries) as T;
}
