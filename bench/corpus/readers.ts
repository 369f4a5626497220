/** Reads every table of a corpus and nothing more: rows a second by format. Started by ../corpus.ts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTable } from '../../src/corpus/readers/read.ts';
import { recogniseTables } from '../../src/corpus/readers/recognise.ts';
import { type Found, filesIn } from '../../src/corpus/sources/walk.ts';

const scratch = mkdtempSync(join(tmpdir(), 'ksd-bench-'));
const found: Found[] = [];
for await (const file of filesIn([process.argv[2]!], { scratch })) found.push(file);
const { tables } = await recogniseTables(found, { scratch, columns: {} });
const most = 300_000;
for (const format of new Set(tables.map((table) => table.format))) {
  let rows = 0;
  const began = performance.now();
  for (const table of tables.filter((one) => one.format === format)) {
    if (rows >= most) break;
    for await (const batch of readTable(table, { scratch })) {
      rows += batch.length;
      if (rows >= most) break;
    }
  }
  const seconds = (performance.now() - began) / 1000;
  console.log(`${format.padEnd(12)} ${Math.round(rows / seconds)} rows/s (${rows} rows)`);
}
rmSync(scratch, { recursive: true });
