/**
 * Reads translation memories: TMX 1.4, in which a unit (`tu`) has a variant (`tuv`) with a segment (`seg`) a language.
 */
import { type SaxesAttributeNS, SaxesParser } from 'saxes';
import { CorpusError } from '../../errors.ts';
import type { RawRow, ReadRows } from './reader.ts';
import { textOf } from './text.ts';

export const readTmx: ReadRows = async function* (table, options) {
  let rows: RawRow[] = [];
  let row = 0;
  let unit: { ko?: string; en?: string } = {};
  let side: 'ko' | 'en' | undefined;
  let segment: string | undefined;
  const parser = new SaxesParser<{ xmlns: false; position: true }>({ xmlns: false, position: true });
  parser.on('error', (error) => {
    throw new CorpusError(
      `${table.path} is not valid XML after unit ${row}: ${error.message}.`,
      'Repair it or export it again.',
    );
  });
  parser.on('opentag', ({ name, attributes }) => {
    if (name === 'tu') unit = {};
    else if (name === 'tuv') side = languageOf(attributes as Record<string, string | SaxesAttributeNS>);
    else if (name === 'seg') segment = '';
  });
  parser.on('text', (text) => {
    if (segment !== undefined) segment += text;
  });
  parser.on('closetag', ({ name }) => {
    if (name === 'seg') {
      if (side !== undefined && segment !== undefined) unit[side] = segment;
      segment = undefined;
    } else if (name === 'tu') rows.push({ row: ++row, ...unit });
  });
  for await (const text of textOf(table.files[0]!, options)) {
    parser.write(text);
    yield rows;
    rows = [];
  }
  parser.close();
  yield rows;
};

function languageOf(attributes: Readonly<Record<string, unknown>>): 'ko' | 'en' | undefined {
  const language = String(attributes['xml:lang'] ?? attributes['lang'] ?? '').toLowerCase();
  if (/^ko(-|_|$)/.test(language)) return 'ko';
  return /^en(-|_|$)/.test(language) ? 'en' : undefined;
}
