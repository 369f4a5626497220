/**
 * Examples from an evaluation, side by side: the real drawing, then what each system made of the prompt.
 */
import type { GridRow, PictureGrid } from '../pictures/grid.ts';
import { type SuiteItem, sceneOf } from './emojiSuite.ts';
import type { EmojiWorld } from './emojiWorld.ts';
import { type Evaluation, isRight } from './evaluatePictures.ts';

/**
 * A grid with `count` items, spread evenly over the sets: a row for each, a column for each system. Right pictures have
 * a tick, others a cross.
 */
export function exampleGrid(
  world: EmojiWorld,
  { pictures, rows: table }: Evaluation,
  count = 6,
): PictureGrid {
  const labels = new Map(table.map(({ system, label }) => [system, label]));
  const systems = [...new Set(pictures.map(({ system }) => system))];
  const items = [...new Set(pictures.map(({ item }) => item))];
  const rows = spreadItems(items, count).map((item): GridRow => {
    const cells = systems.map((name) => {
      const found = pictures.find((one) => one.system === name && one.item === item);
      if (found === undefined) return undefined;
      return { image: found.picture, mark: isRight(found.score) ? ('good' as const) : ('bad' as const) };
    });
    return { label: `${item.ko}\n${item.en}`, cells: [world.draw(sceneOf(item)), ...cells] };
  });
  return { columns: ['정답\nreal drawing', ...systems.map((name) => labels.get(name) ?? name)], rows };
}

/** `count` items from all over the list, of different objects where there are enough. */
export function spreadItems(items: readonly SuiteItem[], count: number): SuiteItem[] {
  const shown = Math.min(count, items.length);
  const used = new Set<string>();
  return Array.from({ length: shown }, (_, i) => {
    const edge = (part: number) => Math.floor((part * items.length) / shown);
    const part = items.slice(edge(i), edge(i + 1));
    const item = part.find(({ object }) => !used.has(object)) ?? part[0]!;
    used.add(item.object);
    return item;
  });
}
