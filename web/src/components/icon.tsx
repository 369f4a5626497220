/** Line icons, 24 by 24, drawn with the colour of the text around them. */

const paths = {
  draw: 'M4 20l1-5L16.5 3.5a2.1 2.1 0 0 1 3 0l1 1a2.1 2.1 0 0 1 0 3L9 19zM14 6l4 4',
  compare: 'M12 3v18M5 6h4v12H5zM15 6h4v12h-4z',
  training: 'M3 20h18M4 5c2 9 6 11 17 12',
  corpus: 'M5 4h9l5 5v11H5zM14 4v5h5M8 13h8M8 16h8',
  results: 'M4 20V10h4v10M10 20V4h4v16M16 20v-7h4v7M3 20h18',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6L19 19M5 19l1.4-1.4M17.6 6.4L19 5',
  moon: 'M20 14.5A8 8 0 1 1 9.5 4a6.5 6.5 0 0 0 10.5 10.5z',
  close: 'M6 6l12 12M18 6L6 18',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14M16 16l5 5',
  dice: 'M4 4h16v16H4zM8.5 8.5h.01M15.5 15.5h.01M12 12h.01M15.5 8.5h.01M8.5 15.5h.01',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4M9 14l3-3 3 3M12 11v7',
  alert: 'M12 4L2.5 20h19zM12 10v5M12 17.5h.01',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}

/** The seal: a character that comes out of noise. */
export function Seal() {
  return <img class="seal" src="./seal.svg" alt="" width="32" height="32" />;
}
