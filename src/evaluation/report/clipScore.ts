/**
 * What a CLIP says of the pictures of each system.
 */
import { both, section } from '../../pictures/page.ts';
import { escapeXml } from '../../pictures/svg.ts';
import { note, number, systemName, table } from './cells.ts';
import type { SuiteReport } from './evaluationReport.ts';
import type { ShownSystem } from './roles.ts';

export function clipScoreSection({ clipScore, title }: SuiteReport, systems: readonly ShownSystem[]): string {
  if (clipScore === undefined) return '';
  const lines = clipScore.rows.map(({ system, label, score: { mean, low, high, n } }) => {
    const role = systems.find(({ name }) => name === system)?.role;
    const interval = `[${low.toFixed(1)}, ${high.toFixed(1)}]`;
    return `<tr>${systemName(label, role)}${number(String(n))}${number(mean.toFixed(1))}${number(interval)}</tr>`;
  });
  const headings = [both('인코더 + 프롬프트', 'encoder + prompt'), 'n', 'CLIP score', '95%'];
  return section(
    `CLIP 점수 · ${title.ko}`,
    `CLIP score · ${title.en}`,
    note(
      '그림과 영어 기준문의 코사인 × 100입니다.',
      '100 times the cosine of the picture and the English reference.',
    ),
    table('narrow', headings, lines),
    `<p class="quiet">${escapeXml(clipScore.clip)}</p>`,
  );
}
