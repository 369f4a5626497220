/**
 * Examples from an evaluation, side by side: the real drawing, then what each system made of the prompt.
 */
import type { GridRow, PictureGrid } from '../pictures/grid.ts';
import { sceneOf } from './emojiSuite.ts';
import type { EmojiWorld } from './emojiWorld.ts';
import { type Evaluation, isRight } from './evaluatePictures.ts';

/**
 * A grid with `count` items, spread evenly over the sets: a row for each, a column for each system. Right pictures have
 * a tick, others a cross.
 */
export function exampleGrid(world: EmojiWorld, { pictures }: Evaluation, count = 6): PictureGrid {
  const systems = [...new Set(pictures.map(({ system }) => system))];
  const items = [...new Set(pictures.map(({ item }) => item))];
  const shown = Math.min(count, items.length);
  const rows = Array.from({ length: shown }, (_, i): GridRow => {
    const item = items[Math.floor((i * items.length) / shown)]!;
    const cells = systems.map((name) => {
      const found = pictures.find((one) => one.system === name && one.item === item);
      if (found === undefined) return undefined;
      return { image: found.picture, mark: isRight(found.score) ? ('good' as const) : ('bad' as const) };
    });
    return { label: `${item.ko}\n${item.en}`, cells: [world.draw(sceneOf(item)), ...cells] };
  });
  return { columns: ['real', ...systems], rows };
}
