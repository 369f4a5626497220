/**
 * Prompts as people type them in passing: the thing first and its background behind it, particles left out, a laugh or
 * an exclamation at the end.
 */
import { pick, type RandomStream } from '../../random/stream.ts';
import { follows } from './hangul.ts';

/** Parts of the texts that are turned, that lose particles, and that get an ending. */
const [turned, dropped, ended] = [0.7, 0.5, 0.4];

const endings = ['ㅋㅋ', 'ㅋㅋㅋ', 'ㅎㅎ', '~', '~~', '!', '!!', ' ㅋㅋ', ' ㅎㅎ', '...'];

export function speakCasually(text: string, random: RandomStream): string {
  let result = text;
  if (random.uniform() < turned) result = turn(result, random);
  if (random.uniform() < dropped) result = dropParticles(result, random);
  if (random.uniform() < ended) result += pick(endings, random);
  return result;
}

const ground = '(?<ground>[^\\s,]+(?: [^\\s,]+)?) (?<word>배경|바탕|백그라운드)';
const tail = '(?<tail>, [^,]+)?$';

/** A thing on a ground, as captions say it. */
const scenes = [
  `^${ground}(?:의| 앞의|에 있는) (?<thing>[^,]+)${tail}`,
  `^${ground}에 (?<thing>[^,]+?)(?<particle>[이가]) 있(?:다|는 그림)${tail}`,
  `^(?<thing>[^,]+?)(?<particle>[은는]) ${ground}에 있다${tail}`,
  `^(?<thing>[^,]+), ${ground}${tail}`,
].map((pattern) => new RegExp(pattern, 'u'));

/**
 * The same scene: `{물건}` is the thing, `{배경}` the ground with its word, `{말}` that word, `{색}` the ground as a noun.
 * First those that may end with an order, "… 그려줘".
 */
const frames = [
  '{물건}, {배경}',
  '{물건} {배경}',
  '{배경} {물건}',
  '{배경}에 {물건}',
  '{물건}, {말}은 {색}',
  '{물건} {말}은 {색}으로',
  '{말}은 {색}, {물건}',
];
const nounFrames = [
  '{배경}, {물건}',
  '{말} {색}, {물건}',
  '{물건}, {말} {색}',
  '{물건}인데 {말}은 {색}으로',
  '{물건}인데 {말}이 {색}',
  '{물건} {말}이 {색}',
];

/** An order is no noun, which "인데" and "이" need. */
const isOrder =
  /(?:그려|보여|만들어|그려라|봐|줘|줄래|주세요|실래요|시겠어요|십시오|수 있어|있나요|있을까요|싶어요|부탁\p{Script=Hangul}*|please)\??$/u;

/** The text as another frame says it; as it is where it is no scene. */
function turn(text: string, random: RandomStream): string {
  for (const scene of scenes) {
    const groups = scene.exec(text)?.groups;
    if (groups === undefined || (groups.particle && !follows(groups.thing!, groups.particle))) continue;
    const colour = nounOf(groups.ground!);
    const all = isOrder.test(groups.thing!) ? frames : [...frames, ...nounFrames];
    const possible = colour === undefined ? all.filter((frame) => !frame.includes('{색}')) : all;
    const values: Readonly<Record<string, string | undefined>> = {
      물건: groups.thing!,
      배경: `${groups.ground} ${groups.word}`,
      말: groups.word!,
      색: colour,
    };
    const frame = pick(possible, random);
    return frame.replace(/\{(.+?)\}/gu, (_, name: string) => values[name] ?? '') + (groups.tail ?? '');
  }
  return text;
}

/** A colour as a noun: "파란" is "파란색". Undefined for what is no colour, or whose noun is not known. */
function nounOf(ground: string): string | undefined {
  if (/색$/u.test(ground)) return ground;
  return /(?:빨간|파란|노란|하얀|까만|검은|흰|푸른|붉은)$/u.test(ground) ? `${ground}색` : undefined;
}

/** Particles that may be left out, where nothing else ends so. */
const droppable: readonly RegExp[] = [
  /(?<=배경|바탕|그라운드|스타일|느낌|옆|곁|앞|뒤|위)의(?= )/gu,
  /(?<=배경|바탕|그라운드)에(?= (?!있))/gu,
  /(?<=[가-힣])[이가](?= (?:있|없))/gu,
  /(?<=[가-힣])[을를](?= )/gu,
  /(?<=[가-힣])[은는](?= [^\s,]+(?: [^\s,]+)? (?:배경|바탕|백그라운드))/gu,
];

/** Part of the particles that go. */
const lostParticles = 0.7;

function dropParticles(text: string, random: RandomStream): string {
  return droppable.reduce(
    (result, particle) =>
      result.replace(particle, (found, at: number, whole: string) =>
        follows(whole.slice(0, at), found) && random.uniform() < lostParticles ? '' : found,
      ),
    text,
  );
}
