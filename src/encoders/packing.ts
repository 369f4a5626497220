/**
 * Which rows of a padded batch an encoder must compute whose pads are all equal: the tokens of each text, and one pad.
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

/** For `ids` [batch, length], whose texts end with pads, and the bias that each of its keys has (none when left out). */
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
    let weight = 0;
    for (let place = start; place < start + length; place++) {
      if (ids[place] !== padId) rowOfPlace[place] = rows.push(place) - 1;
      else {
        if (firstPad === undefined) {
          firstPad = place;
          rows.push(place);
        } else bias[place] = maskedScore;
        rowOfPlace[place] = rows.length - 1;
        weight += Math.exp(keyBias[place]!);
      }
    }
    if (firstPad !== undefined) bias[firstPad] = Math.log(weight);
  }
  return { rows: Int32Array.from(rows), rowOfPlace, bias };
}
