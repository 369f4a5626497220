/**
 * Pictures that were drawn, newest first, page by page, and those of a search.
 */
import { signal } from '@preact/signals';
import type { Picture } from '../../../src/server/contract/gallery.ts';
import * as api from '../api/routes.ts';

const PAGE = 48;

export const galleryQuery = signal('');
export const gallery = signal<{
  readonly pictures: readonly Picture[];
  readonly total: number;
  readonly loading: boolean;
  readonly loaded: boolean;
  readonly error: unknown;
}>({ pictures: [], total: 0, loading: false, loaded: false, error: undefined });

let running: AbortController | undefined;

/** The first page, or with `more` the one after those that are there. */
export async function loadGallery(more = false): Promise<void> {
  running?.abort();
  const mine = new AbortController();
  running = mine;
  const old = gallery.value;
  const before = more ? old.pictures.at(-1)?.id : undefined;
  gallery.value = { ...old, loading: true };
  try {
    const query = { query: galleryQuery.value.trim(), limit: PAGE, ...(before ? { before } : {}) };
    const page = await api.pictures(query, mine.signal);
    if (running !== mine) return;
    const pictures = more ? [...old.pictures, ...page.pictures] : page.pictures;
    gallery.value = { pictures, total: page.total, loading: false, loaded: true, error: undefined };
  } catch (error) {
    if (running === mine) gallery.value = { ...old, loading: false, loaded: true, error };
  }
}

let timer: ReturnType<typeof setTimeout> | undefined;

/** Searches when the typing pauses. */
export function searchGallery(query: string): void {
  galleryQuery.value = query;
  clearTimeout(timer);
  timer = setTimeout(() => void loadGallery(), 250);
}

export async function removePicture(id: string): Promise<void> {
  await api.deletePicture(id);
  const { pictures, total, ...rest } = gallery.value;
  gallery.value = {
    ...rest,
    pictures: pictures.filter((picture) => picture.id !== id),
    total: Math.max(0, total - 1),
  };
}
