/**
 * What everything that is counted is called, and what it means, in Korean and English.
 */
import type { Words } from '../../pictures/page.ts';
import type { Mark, Reason, Repair } from '../reasons.ts';
import type { Histogram, Skipped } from './corpusReport.ts';

export type Language = 'ko' | 'en';

export interface Explained {
  readonly name: Words;
  readonly why: Words;
}

function explained(ko: string, en: string, koWhy: string, enWhy: string): Explained {
  return { name: { ko, en }, why: { ko: koWhy, en: enWhy } };
}

export const reasonWords: Readonly<Record<Reason, Explained>> = {
  broken: explained('깨진 행', 'broken', '읽을 수 없는 행입니다.', 'The row could not be read.'),
  missing: explained(
    '값 없음',
    'missing',
    '한쪽이 글이 아니거나 없습니다.',
    'A side is no text, or not there.',
  ),
  empty: explained(
    '빈칸',
    'empty',
    '정리하고 나니 한쪽에 남는 글자가 없습니다.',
    'A side is empty once cleaned.',
  ),
  equal: explained('양쪽이 같음', 'equal sides', '번역되지 않았습니다.', 'It was not translated.'),
  hangulInEnglish: explained(
    '영어에 한글',
    'Hangul in English',
    '영어 쪽에 한글이 있습니다.',
    'The English side has Hangul.',
  ),
  noLatinInEnglish: explained(
    '영어가 아님',
    'no English',
    '영어 쪽에 알파벳이 없습니다.',
    'The English side has no Latin letter.',
  ),
  noHangulInKorean: explained(
    '한국어가 아님',
    'no Korean',
    '한국어 쪽에 한글이 없습니다.',
    'The Korean side has no Hangul.',
  ),
  lengthRatio: explained(
    '길이 차이',
    'length ratio',
    '한쪽이 다른 쪽에 비해 너무 깁니다.',
    'One side is too long for the other.',
  ),
  tooLong: explained(
    '77토큰 초과',
    'over 77 tokens',
    '텍스트 인코더가 읽을 수 있는 길이를 넘습니다.',
    'It is longer than a text encoder reads.',
  ),
  duplicate: explained(
    '중복',
    'duplicate',
    '글자까지 같은 쌍이 이미 있습니다.',
    'A pair with the same letters is there already.',
  ),
  nearDuplicate: explained(
    '거의 중복',
    'near duplicate',
    '대소문자, 띄어쓰기, 문장 부호, 전각 문자만 다른 쌍이 이미 있습니다.',
    'A pair that differs only in case, spaces, punctuation or width is there already.',
  ),
  sideDuplicate: explained(
    '한쪽이 중복',
    'repeated side',
    '한쪽 문장이 다른 쌍에 이미 있습니다.',
    'One of its sentences is in another pair already.',
  ),
};

export const repairWords: Readonly<Record<Repair, Explained>> = {
  nfc: explained(
    '자모 결합(NFC)',
    'composed (NFC)',
    '풀어 쓴 자모를 글자로 모았습니다.',
    'Decomposed letters were composed.',
  ),
  controls: explained(
    '제어 문자',
    'control characters',
    '보이지 않는 문자를 지웠습니다.',
    'Invisible characters were removed.',
  ),
  entities: explained(
    'HTML 엔티티',
    'HTML entities',
    '&amp; 같은 표기를 글자로 바꿨습니다.',
    'Notations such as &amp; became characters.',
  ),
  lineBreaks: explained(
    '줄 바꿈과 탭',
    'line breaks and tabs',
    '빈칸 하나로 바꿨습니다.',
    'They became a space.',
  ),
  spaces: explained(
    '공백',
    'spaces',
    '앞뒤와 겹친 공백을 지웠습니다.',
    'Spaces at the ends and doubled ones were removed.',
  ),
};

export const markWords: Readonly<Record<Mark, Explained>> = {
  masked: explained(
    '가린 표시',
    'masks',
    '***, #@이름# 같은 비식별화 표시가 있습니다.',
    'It has marks of anonymisation such as *** or #@이름#.',
  ),
  fullWidth: explained(
    '전각 문자',
    'full width',
    '전각 영문자나 기호가 있습니다.',
    'It has full-width letters or signs.',
  ),
  speakerDash: explained(
    '화자 표시',
    'speaker dash',
    '자막처럼 -로 시작합니다.',
    'It begins with a dash, as subtitles do.',
  ),
};

export const skippedWords: Readonly<Record<Skipped['why'], Words>> = {
  twin: { ko: '같은 내용이 다른 형식으로 있음', en: 'the same records in another format' },
  'source-side': { ko: '라벨링데이터와 같은 원천데이터', en: 'the sources of labels that are read' },
  'not-a-corpus': { ko: '한국어-영어 말뭉치가 아님', en: 'no Korean-English corpus' },
};

const measureWords: Readonly<Record<string, Words>> = {
  characters: { ko: '글자', en: 'characters' },
  teacher: { ko: '교사의 토큰', en: 'tokens of the teacher' },
  student: { ko: '학생의 토큰', en: 'tokens of the student' },
};
const languageWords = { ko: { ko: '한국어', en: 'Korean' }, en: { ko: '영어', en: 'English' } } as const;

/** Which lengths it counts. */
export function histogramTitle({ measure, language }: Pick<Histogram, 'measure' | 'language'>): Words {
  const measured = measureWords[measure] ?? { ko: measure, en: measure };
  const spoken = languageWords[language];
  return { ko: `${spoken.ko} · ${measured.ko}`, en: `${spoken.en} · ${measured.en}` };
}
