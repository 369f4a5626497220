/**
 * Cells of the report's tables: names, numbers, bars with intervals, heat. Knows no measure.
 */
import { both, said, type Words } from '../../pictures/page.ts';
import { escapeXml } from '../../pictures/svg.ts';
import type { Interval } from '../interval.ts';

/** What a system is to the reader: the goal, what was there before, a student's Korean, or anything else. */
export type Role = 'goal' | 'before' | 'after' | 'other';

/** "92" of 0.917; "−3" below nothing, "0" about it. */
export function percent(value: number): string {
  const whole = Math.round(100 * value);
  return whole < 0 ? `−${-whole}` : String(Math.abs(whole));
}

/** The label of a system, Korean and English on a line each, as the heading of a row. */
export function systemName(label: string, role: Role = 'other'): string {
  return `<th scope="row" class="system ${role}">${twoLanguages(label)}</th>`;
}

export function twoLanguages(label: string): string {
  const [ko = '', en = ko] = label.split('\n');
  return both(ko, en);
}

/** A bar from 0 to the mean, 1 being the whole width, with the interval as a line; nothing where there is no value. */
export function bar(value: Interval | undefined, role: Role): string {
  if (value === undefined) return '<td class="quiet">·</td>';
  const { mean, low, high } = value;
  const place = (share: number) => `${(100 * Math.min(1, Math.max(0, share))).toFixed(1)}%`;
  const width = `${(100 * (Math.min(1, Math.max(0, high)) - Math.min(1, Math.max(0, low)))).toFixed(1)}%`;
  return `<td class="measure"><span class="value">${percent(mean)}<i>%</i></span><span class="gauge ${role}" title="[${percent(low)}, ${percent(high)}] %"><b style="width:${place(mean)}"></b><s style="left:${place(low)};width:${width}"></s></span></td>`;
}

/** A number on a colour that is the stronger the farther it is from 0, another one below it; the interval shows when pointed at. */
export function heat(
  value: Interval | undefined,
  { note = '', write = percent }: { readonly note?: string; readonly write?: (value: number) => string } = {},
): string {
  if (value === undefined) return '<td class="heat quiet">·</td>';
  const { mean, low, high } = value;
  const strength = Math.round(62 * Math.min(1, Math.abs(mean)));
  const side = mean < 0 ? ' below' : '';
  const more = note === '' ? '' : `<small>${note}</small>`;
  return `<td class="heat${side}" style="--heat:${strength}%" title="[${write(low)}, ${write(high)}]">${write(mean)}${more}</td>`;
}

export function number(text: string): string {
  return `<td class="number">${text}</td>`;
}

/** A table that scrolls where it is too wide. Headings are markup. */
export function table(
  kind: string,
  headings: readonly string[],
  rows: readonly string[],
  caption = '',
): string {
  const head = headings.map(
    (heading, i) => `<th scope="col"${i > 0 ? ' class="number"' : ''}>${heading}</th>`,
  );
  const above = caption === '' ? '' : `<caption>${caption}</caption>`;
  return `<div class="scroll"><table class="${kind}">${above}<thead><tr>${head.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

/** What readers call a probe. */
export function probeName(probes: Readonly<Record<string, Words>>, probe: string): string {
  const words = probes[probe];
  return words ? said(words) : escapeXml(probe);
}

export function note(ko: string, en: string): string {
  return `<p class="quiet">${both(ko, en)}</p>`;
}
