/** 학습: runs, what one of them does now, and how a new one is started. */
import { ErrorNote } from '../../components/errorNote.tsx';
import { NameList } from '../../components/nameList.tsx';
import { Empty, Skeleton } from '../../components/parts.tsx';
import { Unfolding } from '../../components/unfolding.tsx';
import { formatRoute, route } from '../../state/route.ts';
import { runList, useRunList } from '../../state/runs.ts';
import { t } from '../../texts/texts.ts';
import { NewRun } from './newRun.tsx';
import { RunView } from './runView.tsx';

export function TrainingPage() {
  useRunList();
  const texts = t().training;
  const { value, error, loading } = runList.state.value;
  const { name, params } = route.value;
  const runs = value?.runs ?? [];
  const makesNew = params['new'] !== undefined;
  const current = makesNew ? undefined : (name ?? runs[0]?.name);
  return (
    <>
      <header class="page-head">
        <h1>{texts.title}</h1>
        {runs.length > 0 && (
          <a class="button button-primary" href={formatRoute('training', undefined, { new: '1' })}>
            {texts.newRun}
          </a>
        )}
      </header>
      {error !== undefined && <ErrorNote error={error} onRetry={() => void runList.load()} />}
      {loading && value === undefined && <Skeleton />}
      <div class={runs.length > 0 ? 'split' : ''}>
        {runs.length > 0 && (
          <NameList
            label={texts.runs}
            current={current}
            items={runs.map((run) => ({
              name: run.name,
              href: formatRoute('training', run.name),
              mark: run.state,
              note: `${texts.states[run.state]} · ${texts.epoch(run.epoch, run.epochs)}`,
            }))}
          />
        )}
        {makesNew && <NewRun />}
        {current !== undefined && <RunView key={current} name={current} />}
        {value && runs.length === 0 && !makesNew && current === undefined && (
          <div class="stage-empty">
            <Empty title={texts.empty} text={texts.emptyText} art={<Unfolding />}>
              <a class="button button-primary" href={formatRoute('training', undefined, { new: '1' })}>
                {texts.newRun}
              </a>
            </Empty>
          </div>
        )}
      </div>
    </>
  );
}
