/** Losses, learning rate and speed of a run. */
import { useMemo } from 'preact/hooks';
import type { Run } from '../../../../src/server/contract/workbench.ts';
import { Chart } from '../../components/chart.tsx';
import { lossCurves } from '../../state/runView.ts';
import { significant, t } from '../../texts/texts.ts';

export function Curves({ run }: { run: Run }) {
  const texts = t().training;
  const { steps, epochsDone } = run;
  const losses = useMemo(() => lossCurves(steps, epochsDone), [steps, epochsDone]);
  if (steps.length === 0) return <p class="quiet">{texts.noPoints}</p>;
  const at = steps.map((point) => point.step);
  const valid = epochsDone.at(-1)?.validation;
  return (
    <section class="curves" aria-label={texts.loss}>
      <Chart
        title={texts.loss}
        height={320}
        logarithmic
        steps={losses.steps}
        summary={texts.curveSummary(significant(valid?.lossEn), significant(valid?.lossKo))}
        series={[
          { label: texts.series.trainEn, colour: '--english-soft', values: losses.trainEn },
          { label: texts.series.trainKo, colour: '--korean-soft', values: losses.trainKo },
          { label: texts.series.validEn, colour: '--english', values: losses.validEn, dots: true },
          { label: texts.series.validKo, colour: '--korean', values: losses.validKo, dots: true },
        ]}
      />
      <div class="curves-small">
        <Chart
          title={texts.learningRate}
          height={160}
          steps={at}
          summary={significant(steps.at(-1)?.learningRate)}
          series={[
            { label: texts.learningRate, colour: '--quiet', values: steps.map((p) => p.learningRate) },
          ]}
        />
        <Chart
          title={texts.speed}
          height={160}
          steps={at}
          summary={significant(steps.at(-1)?.pairsPerSecond)}
          series={[{ label: texts.speed, colour: '--quiet', values: steps.map((p) => p.pairsPerSecond) }]}
        />
      </div>
    </section>
  );
}
