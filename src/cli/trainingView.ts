/**
 * Shows what happens in a training run: bars on stderr for what takes time, and on stdout a table with a line for each
 * epoch.
 */
import type { EpochMetric, StepMetric } from '../distillation/runFolder.ts';
import type { RunFacts, TrainEvent } from '../distillation/train.ts';
import { t, word } from './messages.ts';
import { type Progress, progress } from './progress.ts';
import { aligned } from './table.ts';
import { compact } from './units.ts';

export interface TrainingView {
  show(event: TrainEvent): void;
  /** A line of the table, for an epoch of this run or of an earlier part of it. */
  epoch(metric: EpochMetric, best: boolean): void;
  /** Ends the bar that is being drawn. */
  stop(): void;
}

type Kind = 'corpus' | 'tokens' | 'teacher' | 'step' | 'validate';

export function trainingView(): TrainingView {
  let bar: { readonly kind: Kind; readonly progress: Progress } | undefined;
  let tabled = false;

  const stop = () => {
    bar?.progress.stop();
    bar = undefined;
  };
  /** The bar of this kind of work, which goes on from `done`. */
  const barOf = (kind: Kind, done: number, total: number): Progress => {
    if (bar?.kind !== kind) {
      stop();
      bar = { kind, progress: progress({ total, done, ...labels[kind]() }) };
    }
    return bar.progress;
  };
  const epoch = (metric: EpochMetric, best: boolean) => {
    stop();
    if (!tabled) console.log(tableHeader());
    tabled = true;
    console.log(tableRow(metric, best));
  };
  let last = 0;

  return {
    epoch,
    stop,
    show(event) {
      switch (event.kind) {
        case 'start':
          process.stderr.write(`${startText(event.folder, event.facts)}\n`);
          break;
        case 'corpus':
        case 'tokens':
        case 'teacher':
        case 'validate':
          if (bar?.kind !== event.kind) last = 0;
          barOf(event.kind, 0, event.total).tick(event.done - last);
          last = event.done;
          break;
        case 'step':
          barOf('step', event.metric.step - 1, event.totalSteps).tick(1, stepNote(event.metric));
          break;
        case 'epoch':
          epoch(event.metric, event.best);
          break;
        case 'stopped':
          stop();
          break;
      }
    },
  };
}

const labels: Readonly<Record<Kind, () => { label: string; unit: string }>> = {
  corpus: () => ({ label: word('말뭉치', 'corpus'), unit: word('바이트', 'bytes') }),
  tokens: () => ({ label: word('토큰', 'tokens'), unit: word('쌍', 'pairs') }),
  teacher: () => ({ label: word('교사', 'teacher'), unit: word('문장', 'sentences') }),
  step: () => ({ label: word('학습', 'training'), unit: word('스텝', 'steps') }),
  validate: () => ({ label: word('검증', 'validation'), unit: word('쌍', 'pairs') }),
};

function startText(folder: string, facts: RunFacts): string {
  const { parameters, trainPairs, validationPairs, tooLong, totalSteps, resumedAt } = facts;
  const lines = [
    `${folder}: ${t('파라미터', 'parameters')} ${compact(parameters)}, ${t('스텝', 'steps')} ${compact(totalSteps)}`,
    `${t('학습 쌍', 'training pairs')} ${compact(trainPairs)}, ${t('검증 쌍', 'validation pairs')} ${compact(validationPairs)}`,
  ];
  if (tooLong > 0) {
    lines.push(t(`77토큰이 넘는 ${tooLong}쌍은 뺐습니다`, `${tooLong} pairs of over 77 tokens left out`));
  }
  if (resumedAt > 0 && resumedAt < totalSteps) {
    lines.push(t(`${resumedAt}스텝부터 이어서 학습합니다`, `going on from step ${resumedAt}`));
  }
  return lines.join('\n');
}

function stepNote({ lossEn, lossKo, learningRate, pairsPerSecond }: StepMetric): string {
  return `en ${lossEn.toFixed(4)} ko ${lossKo.toFixed(4)} lr ${learningRate.toExponential(1)} ${pairsPerSecond.toFixed(0)} pairs/s`;
}

const widths = [7, 10, 10, 10, 10] as const;

function tableHeader(): string {
  const columns = ['epoch', 'train en', 'train ko', 'valid en', 'valid ko'];
  return columns.map((text, i) => aligned(text, widths[i] ?? 0, true)).join('');
}

function tableRow({ epoch, train, validation }: EpochMetric, best: boolean): string {
  const losses = [train.lossEn, train.lossKo, validation.lossEn, validation.lossKo];
  const cells = [String(epoch), ...losses.map((loss) => (Number.isFinite(loss) ? loss.toFixed(4) : '-'))];
  const row = cells.map((text, i) => aligned(text, widths[i] ?? 0, true)).join('');
  return best ? `${row}  ★ ${t('최저 검증 손실', 'best')}` : row;
}
