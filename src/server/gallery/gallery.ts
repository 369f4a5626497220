/**
 * What keeps the pictures that were drawn. How: storedGallery.ts, wherever its store is.
 */
import type { Picture, PictureParameters } from '../contract/gallery.ts';

export interface NewPicture {
  readonly job: string;
  readonly png: Uint8Array;
  readonly flagged: boolean;
  readonly parameters: PictureParameters;
}

export interface GalleryQuery {
  /** All of its words stand in the prompts. */
  readonly query?: string;
  /** Only pictures before this one. */
  readonly before?: string;
  /** 60 by default. */
  readonly limit?: number;
}

export interface Gallery {
  /**
   * All pictures of a job, in their order. Returns once they would survive a crash. A job that is run again puts its pictures in
   * the place of those that it drew before.
   */
  add(pictures: readonly NewPicture[]): Promise<Picture[]>;
  get(id: string): Promise<Picture | undefined>;
  /** The PNG file. */
  read(id: string): Promise<Uint8Array | undefined>;
  /** Newest first; `total` counts all that the query finds. */
  list(query?: GalleryQuery): Promise<{ pictures: Picture[]; total: number }>;
  /** Whether it was there. */
  remove(id: string): Promise<boolean>;
}

/** Where a server shows a picture. */
export function pictureUrl(id: string): string {
  return `/api/pictures/${id}.png`;
}

/** Whether all words of the query stand in the prompts, whatever their case. */
export function matches(query: string): (picture: Picture) => boolean {
  const plain = (text: string) => text.normalize('NFC').toLowerCase();
  const words = plain(query)
    .split(/\s+/)
    .filter((word) => word !== '');
  return ({ parameters: { prompt, negativePrompt = '' } }) => {
    const text = plain(`${prompt}\n${negativePrompt}`);
    return words.every((word) => text.includes(word));
  };
}
