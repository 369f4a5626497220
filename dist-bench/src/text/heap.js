/** `before(a, b)`: must a come out ahead of b? Items that are equal come out in no stated order. */
export function makeHeap(before) {
    const items = [];
    const rise = (from, item) => {
        let at = from;
        while (at > 0) {
            const parent = (at - 1) >> 1;
            if (!before(item, items[parent]))
                break;
            items[at] = items[parent];
            at = parent;
        }
        items[at] = item;
    };
    const sink = (item) => {
        let at = 0;
        for (;;) {
            let child = 2 * at + 1;
            if (child >= items.length)
                break;
            if (child + 1 < items.length && before(items[child + 1], items[child]))
                child++;
            if (!before(items[child], item))
                break;
            items[at] = items[child];
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
            if (items.length > 0)
                sink(last);
            return first;
        },
    };
}
//# sourceMappingURL=heap.js.map