/**
 * How many pictures are right, set by set, and examples that show it.
 */

import type { Image } from '../../pictures/image.ts';
import { both, section } from '../../pictures/page.ts';
import { encodePng, pngDataUri } from '../../pictures/png.ts';
import { escapeXml } from '../../pictures/svg.ts';
import { type EvaluatedPicture, type Evaluation, isRight } from '../evaluatePictures.ts';
import { spreadItems } from '../exampleGrid.ts';
import type { LikenessEvaluation } from '../likeness.ts';
import { heat, note, number, percent, probeName, systemName, table, twoLanguages } from './cells.ts';
import type { RealDrawing, SuiteReport } from './evaluationReport.ts';
import { interval, rightPictures, type ShownSystem } from './roles.ts';

const mostExamples = 10;

export function picturesSection(
  suite: SuiteReport,
  systems: readonly ShownSystem[],
  real: RealDrawing,
): string {
  const { pictures, title, likeness } = suite;
  if (pictures === undefined) return '';
  const drawn = systems.filter(({ name }) => pictures.rows.some(({ system }) => system === name));
  return section(
    `그림 · ${title.ko}`,
    `Pictures · ${title.en}`,
    note(
      '바른 사물이 바른 배경에 있으면 맞은 것입니다. 작은 글씨는 사물만 · 배경만 맞은 비율입니다.',
      'Right is the right object on the right background; small, the object and the background each by itself.',
    ),
    bySet(suite, pictures, drawn),
    likeness ? alike(likeness, drawn) : '',
    examples(pictures, drawn, real),
  );
}

/** A row a set, a column a system. */
function bySet({ probes }: SuiteReport, { rows }: Evaluation, systems: readonly ShownSystem[]): string {
  const sets = [...new Set(rows.map(({ set }) => set))];
  const cell = (set: string, system: string) => {
    const row = rows.find((one) => one.set === set && one.system === system);
    if (row === undefined) return heat(undefined);
    return heat(interval(row.both), {
      note: `${percent(row.top1.share)} · ${percent(row.background.share)}`,
    });
  };
  const lines = sets.map((set) => {
    const n = rows.find((row) => row.set === set)?.n ?? 0;
    return `<tr><th scope="row">${probeName(probes, set)}</th>${number(String(n))}${systems.map(({ name }) => cell(set, name)).join('')}</tr>`;
  });
  const count = rows.filter(({ system }) => system === systems[0]?.name).reduce((sum, { n }) => sum + n, 0);
  const all = systems.map(({ name }) => {
    const right = rightPictures({ rows }, name);
    return heat(right && interval(right));
  });
  const total = `<tr class="total"><th scope="row">${both('모두', 'all')}</th>${number(String(count))}${all.join('')}</tr>`;
  const headings = [
    both('무엇을 묻나', 'what is asked'),
    'n',
    ...systems.map(({ label }) => twoLanguages(label)),
  ];
  return table('heats', headings, [...lines, total]);
}

function alike({ rows, chance }: LikenessEvaluation, systems: readonly ShownSystem[]): string {
  const lines = rows.map(({ system, distance: { mean, low, high } }) => {
    const shown = systems.find(({ name }) => name === system);
    return `<tr>${systemName(shown?.label ?? system, shown?.role)}${number(mean.toFixed(4))}${number(`[${low.toFixed(4)}, ${high.toFixed(4)}]`)}</tr>`;
  });
  const other = `<tr class="quiet"><th scope="row">${both('다른 프롬프트의 그림', 'the picture of another prompt')}</th>${number(chance.toFixed(4))}${number('')}</tr>`;
  const headings = [
    both('인코더 + 프롬프트', 'encoder + prompt'),
    both('평균 제곱 거리', 'mean squared distance'),
    '95%',
  ];
  const caption = both(
    '원본이 같은 노이즈로 영어를 그린 그림과의 거리',
    'Distance from what the original drew of the English prompt and the same noise',
  );
  return `<h3>${caption}</h3>${table('narrow', headings, [...lines, other])}`;
}

function examples({ pictures }: Evaluation, systems: readonly ShownSystem[], real: RealDrawing): string {
  const items = [...new Set(pictures.map(({ item }) => item))];
  const found = new Map(pictures.map((one) => [`${one.system}\n${items.indexOf(one.item)}`, one]));
  const rows = spreadItems(items, mostExamples).map((item) => {
    const cells = systems.map(({ name }) => pictureCell(found.get(`${name}\n${items.indexOf(item)}`)));
    return `<tr><th scope="row">${escapeXml(item.ko)}<small>${escapeXml(item.en)}</small></th><td>${picture(real(item))}</td>${cells.join('')}</tr>`;
  });
  const headings = [
    both('프롬프트', 'prompt'),
    both('정답', 'real drawing'),
    ...systems.map(({ label }) => twoLanguages(label)),
  ];
  return `<h3>${both('보기', 'Examples')}</h3>${table('examples', headings, rows)}`;
}

function pictureCell(drawn: EvaluatedPicture | undefined): string {
  if (drawn === undefined) return '<td></td>';
  const [kind, mark] = isRight(drawn.score) ? ['good', '✓'] : ['bad', '✗'];
  return `<td><span class="picture">${picture(drawn.picture)}<em class="${kind}">${mark}</em></span></td>`;
}

function picture(image: Image): string {
  const source = pngDataUri(encodePng(image));
  return `<img alt="" width="${image.width}" height="${image.height}" src="${source}"/>`;
}
