/**
 * What of each kind of prompt reaches the U-Net, as a heat table, and the prompts that fare worst.
 */
import { both, section } from '../../pictures/page.ts';
import { escapeXml } from '../../pictures/svg.ts';
import type { ConditioningEvaluation } from '../evaluateConditioning.ts';
import { heat, note, number, percent, probeName, table, twoLanguages } from './cells.ts';
import type { SuiteReport } from './evaluationReport.ts';
import type { ShownSystem } from './roles.ts';

const mostWorst = 8;

export function conditioningSection(suite: SuiteReport, systems: readonly ShownSystem[]): string {
  const { conditioning, title } = suite;
  if (conditioning === undefined) return '';
  return section(
    `U-Net에 전해진 조건 · ${title.ko}`,
    `Condition that reaches the U-Net · ${title.en}`,
    note(
      '원본이 영어로 읽은 조건을 100%, 빈 프롬프트를 0%로 하여, U-Net의 예측이 얼마나 같아지는지 잽니다. 0%보다 작으면 엉뚱한 쪽으로 이끈 것입니다.',
      'How near the U-Net’s prediction comes to the one for the original’s English states: 100 % is the same, 0 % is what the empty prompt gives, and less leads elsewhere.',
    ),
    byProbe(suite, conditioning),
    worst(suite, conditioning, systems),
  );
}

function byProbe({ probes }: SuiteReport, { rows, prompts }: ConditioningEvaluation): string {
  const names = [...new Set(prompts.map(({ probe }) => probe))];
  const lines = names.map((probe) => {
    const n = prompts.filter((one) => one.probe === probe).length;
    const cells = rows.map((row) => heat(row.probes.find((one) => one.probe === probe)?.recovered));
    return `<tr><th scope="row">${probeName(probes, probe)}</th>${number(String(n))}${cells.join('')}</tr>`;
  });
  const all = `<tr class="total"><th scope="row">${both('모두', 'all')}</th>${number(String(prompts.length))}${rows.map(({ recovered }) => heat(recovered)).join('')}</tr>`;
  const headings = [
    both('무엇을 묻나', 'what is asked'),
    'n',
    ...rows.map(({ label }) => twoLanguages(label)),
  ];
  return table('heats', headings, [...lines, all]);
}

/** The prompts of which the first student makes least. */
function worst(
  { probes }: SuiteReport,
  { rows, prompts }: ConditioningEvaluation,
  systems: readonly ShownSystem[],
): string {
  const student = systems.find(({ role }) => role === 'after');
  const at = rows.findIndex(({ system }) => system === student?.name);
  if (student === undefined || at < 0) return '';
  const value = (prompt: (typeof prompts)[number]) => prompt.recovered[at] as number;
  const least = [...prompts].sort((a, b) => value(a) - value(b)).slice(0, mostWorst);
  const lines = least.map((prompt) => {
    return `<tr><th scope="row">${escapeXml(prompt.ko)}<small>${escapeXml(prompt.en)}</small></th><td>${probeName(probes, prompt.probe)}</td>${number(`${percent(value(prompt))}%`)}</tr>`;
  });
  const caption = both('가장 덜 전해진 프롬프트', 'Prompts that fare worst');
  const headings = [
    both('프롬프트', 'prompt'),
    both('무엇을 묻나', 'what is asked'),
    both('전해진 조건', 'condition left'),
  ];
  return `<h3>${caption} · ${twoLanguages(student.label)}</h3>${table('worst', headings, lines)}`;
}
