/** How much of what the English says reached the picture: of the whole run, and of its parts, which decide different things. */
import type { JobResult } from '../../../../src/server/contract/job.ts';
import { Bars } from '../../components/bars.tsx';
import { percent, t } from '../../texts/texts.ts';

type Parts = NonNullable<Extract<JobResult, { kind: 'diagnose' }>['recovered']>;

export function Recovered({ parts }: { parts: Parts }) {
  const texts = t().compare;
  const shown = (part: number) => percent(Math.max(0, part));
  const items = (['early', 'middle', 'late'] as const).map((name) => ({
    label: texts.recoveredIn[name],
    value: Math.max(0, parts[name]),
    text: shown(parts[name]),
  }));
  return (
    <div class="recovered">
      <p>{texts.recovered(shown(parts.all))}</p>
      <Bars items={items} />
      <p class="quiet">{texts.recoveredNote}</p>
    </div>
  );
}
