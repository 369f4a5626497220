/**
 * Prints what a training would take.
 */
import type { Estimate } from '../distillation/rehearse.ts';
import { t } from './messages.ts';
import { compact, megabytes } from './units.ts';

export function printEstimate({ facts, flopsAStep, secondsAStep, memory, cache, time }: Estimate): void {
  const { parameters, moments, gradients, activations, peak, device } = memory;
  const most = device ?? peak;
  const { teacher, steps, validation } = time;
  const lines = [
    [t('스텝', 'steps'), compact(facts.totalSteps)],
    [t('스텝당 연산', 'operations a step'), `${(flopsAStep / 1e9).toFixed(1)} GFLOP`],
    [
      t('스텝당 시간', 'time a step'),
      `${secondsAStep.toFixed(2)} s (${(flopsAStep / 1e9 / secondsAStep).toFixed(0)} GFLOP/s)`,
    ],
    ...(device === undefined
      ? []
      : [
          [
            t('호스트 메모리', 'memory of the host'),
            t(`최대 약 ${megabytes(peak)}`, `about ${megabytes(peak)} at most`),
          ],
        ]),
    [
      device === undefined ? t('메모리', 'memory') : t('장치 메모리(어림)', 'memory of the device, roughly'),
      t(
        `최대 약 ${megabytes(most)}: 파라미터 ${megabytes(parameters)}, 모멘트 ${megabytes(moments)}, 기울기 ${megabytes(gradients)}, 활성값 약 ${megabytes(activations)}`,
        `about ${megabytes(most)} at most: parameters ${megabytes(parameters)}, moments ${megabytes(moments)}, gradients ${megabytes(gradients)}, activations about ${megabytes(activations)}`,
      ),
    ],
    [
      t('디스크', 'disk'),
      t(
        `교사의 상태 ${megabytes(cache)}, 체크포인트 하나에 ${megabytes(parameters + moments)} (많으면 세 개)`,
        `the teacher's states ${megabytes(cache)}, a checkpoint ${megabytes(parameters + moments)} (three at most)`,
      ),
    ],
    [
      t('예상 시간', 'expected time'),
      t(
        `${duration(teacher + steps + validation)}: 교사 읽기 ${duration(teacher)}, 학습 ${duration(steps)}, 검증 ${duration(validation)}`,
        `${duration(teacher + steps + validation)}: the teacher's reading ${duration(teacher)}, steps ${duration(steps)}, validation ${duration(validation)}`,
      ),
    ],
  ];
  for (const [name, text] of lines) console.log(`${name}: ${text}`);
}

/** "3 h 20 min", "12 min" or "45 s". */
function duration(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (seconds < 90) return t(`${Math.ceil(seconds)}초`, `${Math.ceil(seconds)} s`);
  if (minutes < 60) return t(`${minutes}분`, `${minutes} min`);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return t(`${hours}시간 ${rest}분`, `${hours} h ${rest} min`);
}
