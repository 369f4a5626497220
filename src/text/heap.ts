/**
 * A binary heap: the smallest of what was put in comes out first. Merging pairs, in a word or in a whole corpus,
 * always asks for the best one.
 *
 * Knows nothing of text.
 */
export interface Heap<Item> {
  readonly size: number;
  push(item: Item): void;
  /** The first item, left in place; undefined when empty. */
  peek(): Item | undefined;
  /** Takes the first item out; undefined when empty. */
  pop(): Item | undefined;
}

/** `before(a, b)`: must a come out ahead of b? Items that are equal come out in no stated order. */
export function makeHeap<Item>(before: (a: Item, b: Item) => boolean): Heap<Item> {
  const items: Item[] = [];

  const rise = (from: number, item: Item): void => {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(item, items[parent] as Item)) break;
      items[at] = items[parent] as Item;
      at = parent;
    }
    items[at] = item;
  };

  const sink = (item: Item): void => {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && before(items[child + 1] as Item, items[child] as Item)) child++;
      if (!before(items[child] as Item, item)) break;
      items[at] = items[child] as Item;
      at = child;
    }
    items[at] = item;
  };

  return {
    get size() {
      return items.length;
    },
    push(item) {
      items.push(item);
      rise(items.length - 1, item);
    },
    peek: () => items[0],
    pop() {
      const first = items[0];
      const last = items.pop();
      if (items.length > 0) sink(last as Item);
      return first;
    },
  };
}
