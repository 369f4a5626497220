/**
 * A table from pairs of whole numbers to whole numbers, in three flat arrays: what byte-pair merging and the search for
 * pieces ask millions of times a second. A Map needs one key for the two, which beyond 31 bits is an object.
 */

export interface PairTable {
  /** -1 where nothing is set. Keys: 0 to below 2^31. */
  get(first: number, second: number): number;
  /** Values: 0 to below 2^31. */
  set(first: number, second: number, value: number): void;
}

/** `expected`: how many pairs there will be, about; it grows beyond. */
export function makePairTable(expected: number): PairTable {
  let bits = Math.max(4, Math.ceil(Math.log2(expected * 2 + 1)));
  let firsts = new Int32Array(1 << bits).fill(-1);
  let seconds = new Int32Array(1 << bits);
  let values = new Int32Array(1 << bits);
  let count = 0;

  /** Where the pair stands, or the free place where it belongs. */
  const placeOf = (first: number, second: number): number => {
    const mask = firsts.length - 1;
    let place = (Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca77)) >>> 0;
    place = (place ^ (place >>> 15)) & mask;
    while (firsts[place] !== -1 && (firsts[place] !== first || seconds[place] !== second)) {
      place = (place + 1) & mask;
    }
    return place;
  };
  const set = (first: number, second: number, value: number): void => {
    const place = placeOf(first, second);
    if (firsts[place] === -1 && ++count * 2 > firsts.length) {
      grow();
      count--;
      set(first, second, value);
      return;
    }
    firsts[place] = first;
    seconds[place] = second;
    values[place] = value;
  };
  const grow = (): void => {
    const [oldFirsts, oldSeconds, oldValues] = [firsts, seconds, values];
    bits++;
    firsts = new Int32Array(1 << bits).fill(-1);
    seconds = new Int32Array(1 << bits);
    values = new Int32Array(1 << bits);
    for (let i = 0; i < oldFirsts.length; i++) {
      if (oldFirsts[i] === -1) continue;
      const place = placeOf(oldFirsts[i]!, oldSeconds[i]!);
      firsts[place] = oldFirsts[i]!;
      seconds[place] = oldSeconds[i]!;
      values[place] = oldValues[i]!;
    }
  };
  return {
    get(first, second) {
      const place = placeOf(first, second);
      return firsts[place] === -1 ? -1 : values[place]!;
    },
    set,
  };
}
