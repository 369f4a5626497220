/**
 * Which rows of a padded batch an encoder must compute whose pads are all equal: the tokens of each text, and one pad.
 * Knows no model: what is fed to whom is the encoders' to say.
 */
import { maskedScore } from '../models/textEncoder.ts';

export interface PackedBatch {
  /** [count]: places among batch * length, rising. */
  readonly rows: Int32Array;
  /** [batch, length]: for each place, the index in `rows` of the row with its state. */
  readonly rowOfPlace: Int32Array;
  /** [batch, length]: the first pad of a text counts as all of them, the others as none. */
  readonly bias: Float32Array;
}

/** For `ids` [batch, length] and the bias that each of its keys has (none when left out). */
export function packRows(
  ids: Int32Array,
  length: number,
  padId: number,
  keyBias: Float32Array = new Float32Array(ids.length),
): PackedBatch {
  const rows: number[] = [];
  const rowOfPlace = new Int32Array(ids.length);
  const bias = Float32Array.from(keyBias);
  for (let start = 0; start < ids.length; start += length) {
    let firstPad: number | undefined;
    let padRow = 0;
    let weight = 0;
    for (let place = start; place < start + length; place++) {
      if (ids[place] !== padId) rowOfPlace[place] = rows.push(place) - 1;
      else {
        if (firstPad === undefined) {
          firstPad = place;
          padRow = rows.push(place) - 1;
        } else bias[place] = maskedScore;
        rowOfPlace[place] = padRow;
        weight += Math.exp(keyBias[place]!);
      }
    }
    if (firstPad !== undefined) bias[firstPad] = Math.log(weight);
  }
  return { rows: Int32Array.from(rows), rowOfPlace, bias };
}

/** What each of the pads that are left of a text in `length` places counts for, so that all count as those in `positions`. */
export function padShare(textLength: number, length: number, positions: number): number {
  return (positions - textLength) / (length - textLength);
}

/** [texts, length]: what is added to the scores of keys, so that the pads left count as those of `positions` places do. */
export function foldedKeyBias(
  textLengths: readonly number[],
  length: number,
  positions: number,
): Float32Array {
  const bias = new Float32Array(textLengths.length * length);
  textLengths.forEach((textLength, i) => {
    const share = padShare(textLength, length, positions);
    bias.fill(Math.log(share), i * length + textLength, (i + 1) * length);
  });
  return bias;
}

export interface FoldedIds {
  /** [texts, length] */
  readonly ids: Int32Array;
  /** As long as the longest text and one pad. */
  readonly length: number;
  /** [texts, length] */
  readonly keyBias: Float32Array;
}

/** Leaves out of `ids` [texts, positions] the pads that no text needs. */
export function foldPads(ids: Int32Array, positions: number, padId: number): FoldedIds {
  const texts = Array.from({ length: ids.length / positions }, (_, i) =>
    ids.subarray(i * positions, (i + 1) * positions),
  );
  const lengths = texts.map((text) => text.findLastIndex((id) => id !== padId) + 1);
  const length = Math.min(positions, Math.max(...lengths) + 1);
  const kept = new Int32Array(texts.length * length);
  texts.forEach((text, i) => {
    kept.set(text.subarray(0, length), i * length);
  });
  return { ids: kept, length, keyBias: foldedKeyBias(lengths, length, positions) };
}

/** States [texts, positions, size] of states [texts, length, size] whose last row, where rows are missing, is a pad. */
export function unfoldPads(
  states: Float32Array,
  length: number,
  positions: number,
  size: number,
): Float32Array {
  if (length === positions) return states;
  const texts = states.length / (length * size);
  const all = new Float32Array(texts * positions * size);
  for (let i = 0; i < texts; i++) {
    const own = states.subarray(i * length * size, (i + 1) * length * size);
    const into = all.subarray(i * positions * size, (i + 1) * positions * size);
    into.set(own);
    const pad = own.subarray((length - 1) * size);
    for (let place = length; place < positions; place++) into.set(pad, place * size);
  }
  return all;
}
