/**
 * The report of an evaluation as a page of its own, in Korean and English.
 */
import { both, page, said, section } from '../../pictures/page.ts';
import { escapeXml } from '../../pictures/svg.ts';
import { bar, percent, systemName, table, twoLanguages } from './cells.ts';
import { clipScoreSection } from './clipScore.ts';
import { conditioningSection } from './conditioning.ts';
import type { EvaluationReport, MeasuredStates, RealDrawing, SuiteReport } from './evaluationReport.ts';
import { picturesSection } from './pictures.ts';
import { type Column, interval, rightPictures, type ShownSystem, systemsOf } from './roles.ts';
import { statesSections } from './states.ts';
import { style } from './style.ts';

/** The whole page. The same report gives the same bytes. */
export function evaluationHtml(report: EvaluationReport, real: RealDrawing): string {
  const systems = systemsOf(report);
  const columns = columnsOf(report);
  const sections = [
    headline(report, systems, columns),
    overview(systems, columns),
    ...report.suites.map((suite) => picturesSection(suite, systems, real)),
    ...report.suites.map((suite) => clipScoreSection(suite, systems)),
    ...report.suites.map((suite) => conditioningSection(suite, systems)),
    ...statesSections(report, systems),
    settings(report),
  ];
  return page(`${report.model} · 평가 보고서`, sections, style);
}

/** One for each measure and suite: pictures of all suites first, since they are what it is about. */
function columnsOf({ suites, states }: EvaluationReport): Column[] {
  const unit = ({ title }: SuiteReport) => (suites.length > 1 ? said(title) : '');
  return [
    ...suites.flatMap((suite) => picturesColumn(suite, unit(suite)) ?? []),
    ...suites.flatMap((suite) => conditioningColumn(suite, unit(suite)) ?? []),
    ...(states ? statesColumns(states) : []),
  ];
}

function picturesColumn({ pictures }: SuiteReport, unit: string): Column | undefined {
  if (pictures === undefined) return undefined;
  return {
    heading: both('바르게 그린 그림', 'pictures drawn right'),
    unit,
    of: (system) => {
      const right = rightPictures(pictures, system);
      return right && interval(right);
    },
  };
}

function conditioningColumn({ conditioning }: SuiteReport, unit: string): Column | undefined {
  return (
    conditioning && {
      heading: both('U-Net에 전해진 조건', 'condition that reaches the U-Net'),
      unit,
      of: (system) => conditioning.rows.find((row) => row.system === system)?.recovered,
    }
  );
}

function statesColumns({ rows }: MeasuredStates): Column[] {
  const row = new Map(rows.map((one) => [one.system, one]));
  return [
    {
      heading: both('되찾은 번역', 'translations found again'),
      unit: '',
      of: (system) => row.get(system)?.retrieval.tokens.toTeacher[1],
    },
    {
      heading: both('설명된 분산 (R²)', 'variance explained (R²)'),
      unit: '',
      of: (system) => row.get(system)?.r2.all,
    },
  ];
}

/** What the best student makes of Korean, from what it was before to what there is to reach. */
function headline(
  { goal, before, model }: EvaluationReport,
  systems: readonly ShownSystem[],
  columns: readonly Column[],
): string {
  const [first] = columns;
  const students = systems.filter(({ role }) => role === 'after');
  const score = ({ name }: ShownSystem) => first?.of(name)?.mean ?? Number.NEGATIVE_INFINITY;
  const best = students.reduce<ShownSystem | undefined>(
    (most, one) => (most === undefined || score(one) > score(most) ? one : most),
    undefined,
  );
  const shown = best?.name ?? before;
  const tiles = columns.slice(0, 4).map(({ heading, unit, of }) => {
    const [value, from, to] = [of(shown), of(before), of(goal)];
    if (value === undefined) return '';
    const aside = [
      ...(best && from ? [`${both('전', 'before')} ${percent(from.mean)}%`] : []),
      ...(to ? [`${both('원본 영어', 'original, English')} ${percent(to.mean)}%`] : []),
    ];
    return `<div class="tile"><span class="what">${heading}${unit === '' ? '' : ` · ${unit}`}</span><b>${percent(value.mean)}<i>%</i></b><span class="quiet">${aside.join(' · ')}</span></div>`;
  });
  const subject = best ? twoLanguages(best.label) : both('원본 + 한국어', 'original + Korean');
  return `<header><h1>${both('평가 보고서', 'Evaluation report')}</h1>
<p class="subject">${subject} <span class="quiet">${escapeXml(model)}</span></p>
<div class="tiles">${tiles.join('')}</div></header>`;
}

function overview(systems: readonly ShownSystem[], columns: readonly Column[]): string {
  const headings = columns.map(
    ({ heading, unit }) => `${heading}${unit === '' ? '' : `<small>${unit}</small>`}`,
  );
  const rows = systems.map(({ name, label, role }) => {
    return `<tr>${systemName(label, role)}${columns.map(({ of }) => bar(of(name), role)).join('')}</tr>`;
  });
  const caption = both('가는 선은 95% 신뢰 구간입니다.', 'Thin lines are 95 % intervals.');
  return section(
    '한눈에',
    'At a glance',
    table('glance', [both('인코더 + 프롬프트', 'encoder + prompt'), ...headings], rows, caption),
  );
}

function settings({ model, settings: given, states, suites }: EvaluationReport): string {
  const entries: [string, string][] = [
    [both('모델', 'model'), escapeXml(model)],
    ...suites.map(({ title, prompts }): [string, string] => [
      both('프롬프트', 'prompts'),
      `${said(title)} (${prompts})`,
    ]),
    ...Object.entries(given).map(([name, value]): [string, string] => [
      escapeXml(name),
      escapeXml(String(value)),
    ]),
    ...(states
      ? [
          [both('문장 쌍', 'sentence pairs'), `${escapeXml(states.pairs)} (${states.pool})`] as [
            string,
            string,
          ],
          [
            both('기준선이 배운 쌍', 'pairs the baselines learnt from'),
            `${escapeXml(states.fitted.from)} (${states.fitted.count})`,
          ] as [string, string],
        ]
      : []),
  ];
  const rows = entries.map(([name, value]) => `<tr><th scope="row">${name}</th><td>${value}</td></tr>`);
  return section('설정', 'Settings', `<table class="narrow"><tbody>${rows.join('')}</tbody></table>`);
}
