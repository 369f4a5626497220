/**
 * Reads two texts of which line n of one translates line n of the other, as Moses and OPUS have them.
 */
import { CorpusError } from '../../errors.ts';
import type { ReadRows } from './reader.ts';
import { linesOf } from './text.ts';

export const readMoses: ReadRows = async function* (table, options) {
  const [koFile, enFile] = table.files;
  const sides = [linesOf(koFile!, options), linesOf(enFile!, options)] as const;
  const waiting: [string[], string[]] = [[], []];
  const ended = [false, false];
  const counts = [0, 0];
  let row = 0;
  while (!ended[0] || !ended[1]) {
    // The side that is behind is read on, so that little waits.
    const side = ended[0] || (!ended[1] && waiting[0].length > waiting[1].length) ? 1 : 0;
    const next = await sides[side].next();
    if (next.done) ended[side] = true;
    else {
      counts[side]! += next.value.length;
      for (const line of next.value) waiting[side].push(line);
    }
    const count = Math.min(waiting[0].length, waiting[1].length);
    if (count === 0) continue;
    const [ko, en] = [waiting[0].splice(0, count), waiting[1].splice(0, count)];
    yield ko.map((text, i) => ({ row: row + i + 1, ko: text, en: en[i]! }));
    row += count;
  }
  if (counts[0] === counts[1]) return;
  throw new CorpusError(
    `${koFile!.path} has ${counts[0]} lines, ${enFile!.path} ${counts[1]}: after line ${row} nothing says what belongs together.`,
    'Get both files again from one place.',
  );
};
