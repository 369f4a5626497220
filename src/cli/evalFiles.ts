/**
 * What `ksd eval` writes: the report in all its forms, and beside it, until it is finished, what was drawn and measured so far.
 */

import { packageFile } from '../catalog/packaged.ts';
import { writeFileAtomic } from '../checkpoint/atomic.ts';
import { fingerprintOf } from '../checkpoint/fingerprint.ts';
import { readJsonObject, writeJson } from '../checkpoint/json.ts';
import { sceneOf } from '../evaluation/emojiSuite.ts';
import type { EmojiWorld } from '../evaluation/emojiWorld.ts';
import { exampleGrid } from '../evaluation/exampleGrid.ts';
import { type Journal, openJournal } from '../evaluation/journal.ts';
import { type EvaluationReport, reportJson } from '../evaluation/report/evaluationReport.ts';
import { evaluationHtml } from '../evaluation/report/html.ts';
import { reportTables } from '../evaluation/report/tables.ts';
import { saveGrid } from '../generation/compare.ts';
import type { Runtime } from '../runtime/session.ts';

/** `<out>.unfinished`: what another version, model or device made is not found in it. */
export async function journalBeside(out: string, model: string, runtime: Runtime): Promise<Journal> {
  const { version } = await readJsonObject(packageFile);
  const context = { version, model: await fingerprintOf(model), device: runtime.description };
  return openJournal(`${stemOf(out)}.unfinished`, context);
}

/** Writes the report in all its forms; returns their paths. */
export async function saveReport(
  out: string,
  report: EvaluationReport,
  world: EmojiWorld,
): Promise<string[]> {
  const stem = stemOf(out);
  await writeJson(`${stem}.json`, reportJson(report));
  await writeFileAtomic(`${stem}.md`, reportTables(report));
  await writeFileAtomic(
    `${stem}.html`,
    evaluationHtml(report, (item) => world.draw(sceneOf(item))),
  );
  const paths = ['json', 'html', 'md'].map((ending) => `${stem}.${ending}`);
  const drawn = report.suites.flatMap(({ name, pictures }) => (pictures ? [{ name, pictures }] : []));
  for (const [i, { name, pictures }] of drawn.entries()) {
    const grid = i === 0 ? stem : `${stem}-${name}`;
    await saveGrid(grid, exampleGrid(world, pictures));
    paths.push(`${grid}.png`, `${grid}.svg`);
  }
  return paths;
}

function stemOf(out: string): string {
  return out.replace(/\.json$/i, '');
}
