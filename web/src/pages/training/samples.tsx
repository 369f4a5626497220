/** The pictures that a run draws after each epoch; the last one until the reader chooses another. */
import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import type { Run } from '../../../../src/server/contract/workbench.ts';
import * as api from '../../api/routes.ts';
import { t } from '../../texts/texts.ts';

export function Samples({ run }: { run: Run }) {
  const texts = t().training;
  const id = useId();
  const chosen = useSignal<number | undefined>(undefined);
  const { samples } = run;
  const at = Math.min(chosen.value ?? samples.length - 1, samples.length - 1);
  const epoch = samples[at];
  return (
    <section class="samples" aria-labelledby={id}>
      <h3 id={id}>{texts.samples}</h3>
      {epoch === undefined ? (
        <p class="quiet">{texts.noSamples}</p>
      ) : (
        <>
          {samples.length > 1 && (
            <input
              type="range"
              min={0}
              max={samples.length - 1}
              value={at}
              aria-label={texts.samples}
              aria-valuetext={texts.sampleOf(epoch)}
              onInput={(event) => {
                const value = event.currentTarget.valueAsNumber;
                chosen.value = value === samples.length - 1 ? undefined : value;
              }}
            />
          )}
          <figure class="sample">
            <img src={api.runSample(run.name, epoch)} alt={texts.sampleOf(epoch)} />
            <figcaption class="quiet">{texts.sampleOf(epoch)}</figcaption>
          </figure>
        </>
      )}
    </section>
  );
}
