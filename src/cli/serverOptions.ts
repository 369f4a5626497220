/**
 * Options that `ksd serve` and `ksd worker` share: what is drawn with, and where jobs and pictures are.
 */
import { Option } from 'commander';
import { t } from './messages.ts';

/** Of an option that may be repeated. */
export const collect = (given: string, before: readonly string[]) => [...before, given];

export function modelOption(): Option {
  return new Option(
    '--model <path>',
    t(
      '모델 폴더나 파일, 여러 번 쓸 수 있음 (기본: 내장 emoji-sd)',
      'model: folder or file, may be repeated (default: the packaged emoji-sd)',
    ),
  )
    .argParser(collect)
    .default([]);
}

export function studentOption(): Option {
  return new Option(
    '--student <folder>',
    t(
      '학생: 학습 폴더, 체크포인트, 내장 학생의 이름. 여러 번 쓸 수 있음',
      'student: run, checkpoint or packaged name, may be repeated',
    ),
  )
    .argParser(collect)
    .default([]);
}

export function queueOption(): Option {
  return new Option(
    '--queue <address>',
    t(
      '작업을 여러 기기가 나누는 Redis의 주소 redis://… (환경 변수 KSD_QUEUE로도)',
      'redis://…: jobs are shared by several machines (or KSD_QUEUE)',
    ),
  ).env('KSD_QUEUE');
}

export function storeOption(): Option {
  return new Option(
    '--store <place>',
    t(
      '그림을 함께 둘 폴더, 또는 s3://버킷/접두어?endpoint=주소',
      'where pictures are shared: a folder, or s3://bucket/prefix?endpoint=address',
    ),
  );
}
