/**
 * Writes spreadsheets as Excel does: every text is in the table of shared strings, in the order in which it first
 * stands in the sheet.
 */
import type { SyntheticRows } from './rows.ts';
import { zipWriter } from './zipWriter.ts';

const contentTypes =
  '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>';
const workbook =
  '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>';
const relations =
  '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>';

/** The last two columns hold the texts; the first a number, plus `fraction`; those between repeat a few texts. */
export function writeXlsx(
  path: string,
  header: readonly string[],
  rows: SyntheticRows,
  fraction: number,
): void {
  const sheet = pieces();
  const table = pieces();
  const known = new Map<string, number>();
  let strings = 0;
  const stringCell = (reference: string, text: string, often: boolean): string => {
    let index = often ? known.get(text) : undefined;
    if (index === undefined) {
      index = strings++;
      table.push(`<si><t xml:space="preserve">${escaped(text)}</t></si>`);
      if (often) known.set(text, index);
    }
    return `<c r="${reference}" t="s"><v>${index}</v></c>`;
  };
  const between = header.length - 3;
  const letters = header.map((_, i) => String.fromCharCode(65 + i));
  sheet.push(
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">',
  );
  sheet.push(`${header.map((name, i) => stringCell(`${letters[i]}1`, name, true)).join('')}</row>`);
  for (let i = 0; i < rows.count; i++) {
    const { ko, en, dirt } = rows.row(i);
    const row = i + 2;
    const cells = [`<c r="A${row}"><v>${i + 1 + fraction}</v></c>`];
    for (let j = 1; j <= between; j++)
      cells.push(stringCell(`${letters[j]}${row}`, `${header[j]} ${(i >> 6) % 20}`, true));
    const [koPlace, enPlace] = [`${letters[header.length - 2]}${row}`, `${letters[header.length - 1]}${row}`];
    if (dirt === 'broken') cells.push(`<c r="${koPlace}" t="s"><v>999999999</v></c>`);
    else if (ko !== null) cells.push(stringCell(koPlace, ko, false));
    if (en !== null) cells.push(stringCell(enPlace, en, false));
    sheet.push(`<row r="${row}">${cells.join('')}</row>`);
  }
  sheet.push('</sheetData></worksheet>');
  const zip = zipWriter(path);
  zip.add('[Content_Types].xml', contentTypes);
  zip.add('xl/workbook.xml', workbook);
  zip.add('xl/_rels/workbook.xml.rels', relations);
  zip.add('xl/worksheets/sheet1.xml', sheet.bytes(), { level: 1 });
  const tableHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" uniqueCount="${strings}">`;
  zip.add(
    'xl/sharedStrings.xml',
    Buffer.concat([Buffer.from(tableHead), table.bytes(), Buffer.from('</sst>')]),
    { level: 1 },
  );
  zip.close();
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A text of any length, made of pieces. */
function pieces() {
  const buffers: Buffer[] = [];
  let waiting: string[] = [];
  const settle = () => {
    buffers.push(Buffer.from(waiting.join('')));
    waiting = [];
  };
  return {
    push(text: string) {
      waiting.push(text);
      if (waiting.length === 10_000) settle();
    },
    bytes() {
      settle();
      return Buffer.concat(buffers);
    },
  };
}
