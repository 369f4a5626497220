/**
 * Requests: what a prompt shows is asked for, in every level of politeness.
 */
import { pick, type RandomStream } from '../../random/stream.ts';
import { agree, follows } from './hangul.ts';

/** Frames that change nothing of a picture; `{}` is the text, `{를}` and `{로}` are the text with a particle. */
const frames = [
  '{} 그려줘',
  '{} 그려 줘',
  '{} 그려 주세요',
  '{} 그려주세요',
  '{} 그려 봐',
  '{} 그려라',
  '{} 그려',
  '{} 그려줄래?',
  '{} 그려 주실래요?',
  '{} 그려 주시겠어요?',
  '{} 좀 그려줘',
  '{} 좀 그려 주세요',
  '{} 보여줘',
  '{} 보여 주세요',
  '{} 만들어 줘',
  '{} 만들어 주세요',
  '{} 부탁해',
  '{} 부탁해요',
  '{} 부탁드립니다',
  '{를} 그려줘',
  '{를} 그려 줘',
  '{를} 그려 주세요',
  '{를} 그려 주십시오',
  '{를} 그려 봐',
  '{를} 그려라',
  '{를} 그려 주실 수 있나요?',
  '{를} 그려 줄 수 있어?',
  '{를} 그려 주실 수 있을까요?',
  '{를} 보여 주세요',
  '{를} 보고 싶어요',
  '{를} 만들어 주세요',
  '{를} 부탁드려요',
  'draw {}',
  'please draw {}',
  '{} please',
] as const;

/** One of what is shown; not of several. */
const singleFrames = ['{} 하나 그려줘', '{} 하나 그려 주세요', '{} 하나 그려 봐', '{} 하나만 부탁해요'];

/** Behind a comma stands how it is drawn: "로켓, 보라색 배경으로 그려줘". */
const mannerFrames = [
  '{} 그려줘',
  '{} please',
  '{로} 그려줘',
  '{로} 그려 봐',
  '{로} 그려 주세요',
  '{로} 그려 주실래요?',
  '{로} 그려 주시겠어요?',
  '{로} 만들어 주세요',
  '{로} 부탁해',
  '{로} 부탁드립니다',
  'please draw {}',
];

/** A whole sentence takes no particle. */
const sentenceFrames = [
  '이런 그림 그려줘: {}',
  '다음을 그려 주세요: {}',
  '{} 이렇게 그려줘',
  '{} 이런 그림 부탁해요',
];

const manner = /, [^,]+(?:배경|바탕|백그라운드|스타일|느낌)$/u;
const several = /(?:여러|두|세|네) |들$|(?:와|과|랑|하고) /u;
const sentence = /[.!?]$|[가-힣]다$/u;

export function request(text: string, random: RandomStream): string {
  const asked = pictureOf(text);
  const frame = pick(framesFor(asked), random);
  return frame
    .replace(/\{(를|로)\}/u, (_, particle: string) => asked + (agree(asked, particle) ?? ''))
    .replace('{}', () => asked);
}

function framesFor(text: string): readonly string[] {
  if (sentence.test(text)) return sentenceFrames;
  if (manner.test(text)) return mannerFrames;
  return several.test(text) ? frames : [...frames, ...singleFrames];
}

/** "There is …" as the picture that is asked for, in which the topic is the subject. */
function pictureOf(text: string): string {
  if (!/[가-힣] 있다\.?$/u.test(text)) return text;
  return text
    .replace(/있다\.?$/u, '있는 그림')
    .replace(topic, (found, thing: string, particle: string, place: string) =>
      follows(thing, particle) ? `${thing}${agree(thing, '이')} ${place}` : found,
    );
}

/** A thing that is at a place of one word or two. */
const topic = /^(.+?)([은는]) ((?:[^\s,]+ )?[^\s,]+에 있는 그림)$/u;
